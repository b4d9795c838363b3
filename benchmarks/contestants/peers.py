"""Other queues, at their best documented settings for work that waits: threads where they have them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.contestants.contestant import Running, run
from benchmarks.work import Shop
from tests.support.workers import wait_for

#: An RQ worker does one job at a time, so each needs a process of about so much memory; half of what is free is used.
_RQ_WORKER_MB = 40


@dataclass(frozen=True)
class Peer:
    """One of them, by its module `NAME_app`, which enqueues; and the command of its workers.

    `ready` is what their log says once they take work; where it says nothing, the batch to warm up shows it.
    """

    name: str
    title: str
    at_once: int
    command: tuple[str, ...]
    ready: str = ""

    @contextmanager
    def start(self, arena: Arena) -> Iterator[Running]:
        """Run the workers."""
        app = importlib.import_module(f"benchmarks.contestants.{self.name}_app")

        def enqueue(shops: Sequence[Shop]) -> None:
            app.enqueue(shops)

        with run(arena, self.command, enqueue=enqueue, ready=lambda log: self.ready in log) as running:
            if self.name == "rq":
                wait_for(lambda: arena.client.scard("rq:workers") == self.at_once)
            yield running


def dramatiq(threads: int) -> Peer:
    """One process: on its own page of settings, threads are for work that waits."""
    return Peer(
        "dramatiq",
        f"Dramatiq, pipelines, {threads} threads",
        threads,
        (
            *(sys.executable, "-m", "dramatiq", "benchmarks.contestants.dramatiq_app"),
            *("--processes", "1", "--threads", str(threads)),
        ),
        "Worker process is ready",
    )


def huey(threads: int) -> Peer:
    """Threads, few words in the log, and no look for periodic tasks, since there are none."""
    return Peer(
        "huey",
        f"Huey, pipelines, {threads} threads",
        threads,
        (
            *(sys.executable, "-m", "huey.bin.huey_consumer", "benchmarks.contestants.huey_app.huey"),
            *("--worker-type", "thread", "--workers", str(threads), "--no-periodic", "--quiet"),
        ),
    )


def rq(at_once: int) -> Peer:
    """A pool of processes that do not fork for each job (SimpleWorker), as many as memory allows."""
    workers = min(at_once, max(1, _free_mb() // 2 // _RQ_WORKER_MB))
    return Peer(
        "rq",
        f"RQ, dependent jobs, {workers} processes",
        workers,
        (sys.executable, "-m", "benchmarks.contestants.rq_app", str(workers)),
    )


def _free_mb() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return 1024
