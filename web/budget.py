"""How many requests each may send: so many a minute, some seconds of it at once; and how much each may have going on.

Counted in this process.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

#: Seconds' worth of requests that may come at once.
_BURST_S = 6.0
#: Names that are remembered: addresses can be had by the million.
MOST_NAMES = 10_000


class Budget:
    """A token bucket for each name, as the time at which it will be full again (GCRA). Used by one thread.

    Where there are too many names the one is forgotten that took one longest ago.
    """

    def __init__(
        self, per_minute: int, monotonic: Callable[[], float] = time.monotonic, *, burst_s: float = _BURST_S
    ) -> None:
        self._interval_s = 60 / per_minute if per_minute else 0.0
        self._monotonic = monotonic
        self._burst_s = max(burst_s, self._interval_s)
        self._full_at: dict[str, float] = {}

    def take(self, name: str) -> float:
        """Take one; returns 0, or the seconds after which there is one."""
        now = self._monotonic()
        full_at = max(now, self._full_at.get(name, now)) + self._interval_s
        too_early_s = full_at - now - self._burst_s
        if too_early_s > 0:
            return too_early_s
        self._full_at.pop(name, None)  # it becomes the last
        self._full_at[name] = full_at
        if len(self._full_at) > MOST_NAMES:
            del self._full_at[next(iter(self._full_at))]
        return 0.0


class AtOnce:
    """How much each has going on at the same time. Used by one thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._going_on = Counter[str]()

    def begin(self, name: str) -> bool:
        """Count one more; False where as much goes on as may."""
        if self._going_on[name] >= self._most:
            return False
        self._going_on[name] += 1
        return True

    def end(self, name: str) -> None:
        """It is over."""
        self._going_on[name] -= 1
        if not self._going_on[name]:
            del self._going_on[name]
