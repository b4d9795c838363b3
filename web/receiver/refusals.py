"""How many requests were refused, and why: added to Redis' counts now and then, so that no refusal costs a write."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping

import redis

log = logging.getLogger(__name__)

#: Seconds between two additions; a receiver that is killed loses so much of its counts.
FLUSH_EVERY_S = 5.0


class Refusals:
    """Counts in one event loop; `add` writes, in a thread."""

    def __init__(self, add: Callable[[Mapping[str, int]], None]) -> None:
        self._add = add
        self._counts: Counter[str] = Counter()

    def count(self, reason: str) -> None:
        """Count one."""
        self._counts[reason] += 1

    async def keep_flushing(self) -> None:
        """Add what has been counted, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Add what has been counted to Redis' counts; kept for the next time if Redis is away."""
        taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            await asyncio.to_thread(self._add, taken)
        except redis.RedisError as error:
            log.debug("the counts of refusals wait: %s", type(error).__name__)
            self._counts.update(taken)
