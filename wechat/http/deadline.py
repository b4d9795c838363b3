"""When a call has to be over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def _seconds() -> float:
    """A clock that goes on while the machine sleeps, as a lease in Redis does; CLOCK_MONOTONIC stands still."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class DeadlineExceeded(Exception):
    """The time for the call or for the step it belongs to is used up."""


class Deadline:
    """A point in time by which something has to be over."""

    def __init__(self, seconds: float, clock: Callable[[], float] = _seconds) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; raises DeadlineExceeded when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise DeadlineExceeded
        return left

    def has(self, seconds: float) -> bool:
        """Whether so many seconds are left."""
        return self._end - self._clock() >= seconds

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one in so many seconds."""
        return Deadline(min(seconds, self.remaining()), self._clock)
