"""Those that need no queue: the floor, which only sends the calls, and the script that a person would write first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from benchmarks.arena import Arena
from benchmarks.contestants.contestant import Running
from benchmarks.work import Shop
from cli.demo import processes


@dataclass(frozen=True)
class WithoutQueue:
    """A program that reads the Mini Programs from its standard input, a line for each."""

    name: str
    title: str
    at_once: int

    @contextmanager
    def start(self, arena: Arena) -> Iterator[Running]:
        """Run it."""
        module = f"benchmarks.contestants.{self.name}_program"
        program = subprocess.Popen(
            [sys.executable, "-m", module, str(self.at_once)],
            env=arena.platform.environment,
            stdin=subprocess.PIPE,
            text=True,
        )
        try:
            assert program.stdin is not None
            pipe: IO[str] = program.stdin

            def enqueue(shops: Sequence[Shop]) -> None:
                pipe.write("".join(f"{shop.appid} {shop.token}\n" for shop in shops))
                pipe.flush()

            yield Running(enqueue, [program.pid])
        finally:
            if program.stdin is not None:
                program.stdin.close()
            processes.stop(program, timeout_s=5)
