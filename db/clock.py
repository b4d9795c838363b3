"""Redis' time, which all workers share, and how far this machine's clock is from it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: Seconds that a clock may be off before somebody is told: NTP keeps clocks within a fraction of one.
TOLERANCE_S = 5.0
#: An answer is good for so many seconds; the monotonic clock strays by less than a millisecond a second.
_FRESH_S = 10.0


class RedisClock:
    """Tells Redis' time. Safe to use from many threads.

    Between two answers it goes by the monotonic clock, which nobody sets: what becomes of the machine's clock
    meanwhile does not matter. `ask` is Redis' TIME: seconds since the epoch, and microseconds.
    """

    def __init__(self, ask: Callable[[], tuple[int, int]]) -> None:
        self._ask = ask
        self._offset = 0.0
        self._asked: float | None = None

    def time(self) -> float:
        """Seconds since the epoch."""
        if self._asked is None or time.monotonic() - self._asked > _FRESH_S:
            self.ahead_s()
        return time.monotonic() + self._offset

    def now(self) -> datetime:
        """The same, in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def ahead_s(self) -> float:
        """Ask, and return how many seconds the machine's clock is ahead, at the least; negative is behind.

        A slow answer makes a clock that is right no wrong one: Redis read its clock between the two times of ours.
        """
        before, began = time.time(), time.monotonic()
        seconds, microseconds = self._ask()
        after, ended = time.time(), time.monotonic()
        told = seconds + microseconds / 1e6
        self._offset = told - (began + ended) / 2
        self._asked = ended
        return max(before - told, 0.0) - max(told - after, 0.0)


def is_right(ahead_s: float) -> bool:
    """Whether a clock that is so far ahead, or behind, is right enough to work by."""
    return abs(ahead_s) <= TOLERANCE_S


def in_words(ahead_s: float) -> str:
    """How a wrong clock is wrong, and what to do."""
    direction = "ahead of" if ahead_s > 0 else "behind"
    return (
        f"this machine's clock is {abs(ahead_s):.0f} s {direction} Redis': set it, by NTP "
        "(where all machines say so, it is the Redis host's clock that is wrong)"
    )
