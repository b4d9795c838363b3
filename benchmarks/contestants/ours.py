"""Ours, as `mprelease worker` runs it, enqueued as `mprelease enqueue --file` does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from benchmarks.arena import Arena
from benchmarks.contestants.contestant import Running, run
from benchmarks.work import Shop
from cli.context import services
from releases.background.due import FED_AT_ONCE
from releases.request import parse_request


@dataclass(frozen=True)
class Ours:
    """So many worker processes, and in each of them so many threads, or children of the prefork pool."""

    processes: int
    concurrency: int
    pool: str = "threads"
    _waves: Iterator[int] = field(default_factory=count)

    @property
    def name(self) -> str:
        """The name."""
        return f"ours-{self.pool}-{self.concurrency if self.pool == 'prefork' else self.processes}"

    @property
    def title(self) -> str:
        """The title."""
        if self.pool == "prefork":
            return f"**ours**, prefork, {self.concurrency} child{'ren' if self.concurrency > 1 else ''}"
        if self.processes == 1:
            return f"**ours**, {self.concurrency} threads"
        return f"**ours**, {self.processes} processes of {self.concurrency} threads"

    @property
    def at_once(self) -> int:
        """In all."""
        return self.processes * self.concurrency

    @contextmanager
    def start(self, arena: Arena) -> Iterator[Running]:
        """Run the workers."""
        options = ["--pool", self.pool, "--concurrency", str(self.concurrency)]
        command = [sys.executable, "-m", "worker", "worker", *options]

        def enqueue(shops: Sequence[Shop]) -> None:
            release(arena, shops, f"wave-{next(self._waves)}")

        with run(
            arena, *[command] * self.processes, enqueue=enqueue, ready=lambda log: " ready." in log
        ) as running:
            yield running


def release(arena: Arena, shops: Sequence[Shop], wave: str) -> None:
    """Enqueue a wave."""
    services().batch.enqueue([parse_request(arena.request(shop.appid, wave=wave)) for shop in shops])
    services().due.feed(FED_AT_ONCE)
