"""What a contestant is, and how its processes are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from benchmarks.arena import Arena
from benchmarks.work import Shop
from cli.demo import processes

#: Workers begin within so many seconds.
_START_S = 60.0

Enqueue = Callable[[Sequence[Shop]], None]


@dataclass(frozen=True, slots=True)
class Running:
    """Workers that wait for work: how to give it to them, and their processes, whose descendants count as well."""

    enqueue: Enqueue
    pids: list[int]


class Contestant(Protocol):
    """One way of doing the work."""

    @property
    def name(self) -> str:
        """For the command line and the file of results."""

    @property
    def title(self) -> str:
        """For the table: what it is, at which settings."""

    @property
    def at_once(self) -> int:
        """How many Mini Programs it works on at the same time."""

    def start(self, arena: Arena) -> AbstractContextManager[Running]:
        """Run its workers for the length of the block."""


@contextmanager
def run(
    arena: Arena, *commands: Sequence[str], enqueue: Enqueue, ready: Callable[[str], bool]
) -> Iterator[Running]:
    """Run worker processes; `ready` says from the text that one has logged whether it takes work."""
    with ExitStack() as stack:
        logs = [arena.logs / f"contestant-{time.monotonic_ns()}-{n}.log" for n in range(len(commands))]
        started = [
            stack.enter_context(processes.worker(arena.platform.environment, log, command))
            for log, command in zip(logs, commands, strict=True)
        ]
        deadline = time.monotonic() + _START_S
        for process, log in zip(started, logs, strict=True):
            while not ready(log.read_text(errors="replace")):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"did not start:\n{log.read_text(errors='replace')[-3000:]}")
                time.sleep(0.05)
        yield Running(enqueue, [process.pid for process in started])
