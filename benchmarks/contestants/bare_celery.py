"""Bare Celery, with threads and with its default pool; and as the bound of what a message of Celery's allows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.arena import Arena
from benchmarks.contestants.contestant import Running, run
from benchmarks.work import Shop


@dataclass(frozen=True)
class BareCelery:
    """One worker; the default pool is prefork, with a process for each core."""

    threads: int | None = None
    in_one_task: bool = False

    @property
    def name(self) -> str:
        """The name."""
        if self.in_one_task:
            return "bare-celery-one-task"
        return "bare-celery-threads" if self.threads else "bare-celery-prefork"

    @property
    def title(self) -> str:
        """The title."""
        if self.in_one_task:
            return f"bound: bare Celery, all calls in one task, {self.threads} threads"
        return f"bare Celery, {self.threads} threads" if self.threads else "bare Celery, default pool"

    @property
    def at_once(self) -> int:
        """As the pool is."""
        return self.threads or os.cpu_count() or 1

    @contextmanager
    def start(self, arena: Arena) -> Iterator[Running]:
        """Run the worker."""
        pool = ["--pool", "threads", "--concurrency", str(self.threads)] if self.threads else []
        app = "benchmarks.contestants.bare_celery_app"
        command = [sys.executable, "-m", "celery", "-A", app, "worker", *pool]
        enqueue = _enqueue_one_task if self.in_one_task else _enqueue
        with run(arena, command, enqueue=enqueue, ready=lambda log: "worker is ready" in log) as running:
            yield running


def _enqueue(shops: Sequence[Shop]) -> None:
    from benchmarks.contestants import bare_celery_app  # noqa: PLC0415 - it reads where Redis is

    bare_celery_app.enqueue(shops)


def _enqueue_one_task(shops: Sequence[Shop]) -> None:
    from benchmarks.contestants import bare_celery_app  # noqa: PLC0415 - as above

    for shop in shops:
        bare_celery_app.all_calls.delay(shop.appid, shop.token)
