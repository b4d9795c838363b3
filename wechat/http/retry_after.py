"""Retry-After: how long a server wants to be left alone (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re

from wechat.http.clock import http_time

#: A longer wait is not believed, in seconds: a gateway's mistake would else stop a release for days.
MAX_RETRY_AFTER_S = 3600.0

_SECONDS = re.compile(r"[0-9]+")


def retry_after_s(value: str | None, now: float) -> float | None:
    """The header's value as seconds from `now`, the server's own time; None if there is none or it is garbage."""
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        at = http_time(text)
        if at is None:
            return None
        seconds = at - now
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
