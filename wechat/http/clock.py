"""WeChat's own clock, as the Date header of its last answer told it: that of a gateway's page tells nothing.

exp_time and submit_audit_time are WeChat's; to tell whether they lie before or after an attempt of
ours, the attempt has to be timed by the same clock, not by the worker's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime


def http_time(text: str | None) -> float | None:
    """An HTTP date in seconds since the epoch; None for what is none."""
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
        # "-0000" or no zone at all: HTTP dates are UTC, whatever zone this machine is in.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


class WeChatClock:
    """Tells WeChat's time in seconds since the epoch. Safe to use from many threads."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._monotonic = monotonic
        self._wall = wall
        self._offset = 0.0
        #: Whether an answer has told the time yet.
        self.is_set = False

    def observe(self, date_header: str | None, came_at: float | None = None) -> None:
        """Take note of an answer's Date header, which came then by the monotonic clock. One that can't be read is ignored."""
        seconds = http_time(date_header)
        if seconds is not None:
            self._offset = seconds - (self._monotonic() if came_at is None else came_at)
            self.is_set = True

    def now(self) -> float:
        """WeChat's time; this machine's as long as no answer has told it."""
        return self._monotonic() + self._offset if self.is_set else self._wall()
