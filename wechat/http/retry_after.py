"""Retry-After: how long a server wants to be left alone (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wechat.http.clock import http_time

#: A longer wait is not believed, in seconds: a gateway's mistake would else stop a release for days.
MAX_RETRY_AFTER_S = 3600.0

_SECONDS = re.compile(r"[0-9]+")


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that an answer's headers ask for; None if they ask for none, or it is garbage.

    A time is compared with the server's own, and with `now` where it tells none.
    """
    if "Retry-After" not in headers:
        return None
    text = headers["Retry-After"].strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        at = http_time(text)
        if at is None:
            return None
        seconds = at - (http_time(headers.get("Date")) or now)
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
