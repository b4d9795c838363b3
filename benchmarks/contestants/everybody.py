"""All contestants, in the order of the table."""

from __future__ import annotations

from benchmarks.contestants import peers
from benchmarks.contestants.bare_celery import BareCelery
from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.ours import Ours
from benchmarks.contestants.without_queue import WithoutQueue

#: Mini Programs at once, for all that can have so many.
CONCURRENCY = 32


def everybody(concurrency: int = CONCURRENCY) -> list[Contestant]:
    """Those that are at their limit with one process, and ours with one and two."""
    return [
        WithoutQueue("floor", f"floor: asyncio, only the calls, {concurrency} at once", concurrency),
        Ours(1, concurrency),
        Ours(2, concurrency // 2),
        BareCelery(threads=concurrency),
        BareCelery(threads=concurrency, in_one_task=True),
        peers.dramatiq(concurrency),
        peers.huey(concurrency),
        peers.rq(concurrency),
        BareCelery(),
        Ours(1, 1, "prefork"),
        Ours(1, 2, "prefork"),
        WithoutQueue("loop", "loop: the script one would write first", 1),
    ]
