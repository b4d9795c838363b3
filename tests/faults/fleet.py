"""The worker processes of a row: started, stopped, killed and replaced."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.support.workers import Platform, Worker

WORKERS = 2
CONCURRENCY = 8


@dataclass
class Member:
    """A worker process, and what stops it."""

    worker: Worker
    stack: ExitStack

    @property
    def is_alive(self) -> bool:
        return self.worker.process.poll() is None


@dataclass
class Fleet:
    """The workers that run now."""

    platform: Platform
    command: Sequence[str] = ()
    members: list[Member] = field(default_factory=list)

    def start(
        self, number: int = 1, command: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> Member:
        """Start workers, or those of another command or environment, and wait until they are ready; returns the last."""
        for _ in range(number):
            stack = ExitStack()
            options = ("--concurrency", str(CONCURRENCY))
            program = command or self.command
            worker = stack.enter_context(
                self.platform.worker(*options, command=program, **(environment or {}))
            )
            self.members.append(Member(worker, stack))
        return self.members[-1]

    def kill(self, *members: Member) -> None:
        """SIGKILL, all at the same moment."""
        for member in members:
            member.worker.process.kill()
        for member in members:
            member.worker.process.wait()
            self._forget(member)

    def stop(self, member: Member) -> float:
        """SIGTERM; returns how many seconds the worker took to end (SIGKILL comes after a minute)."""
        began = time.monotonic()
        self._forget(member)
        return time.monotonic() - began

    def bury(self) -> int:
        """Forget the workers that ended by themselves; returns how many."""
        dead = [member for member in self.members if not member.is_alive]
        for member in dead:
            self._forget(member)
        return len(dead)

    def _forget(self, member: Member) -> None:
        self.members.remove(member)
        member.stack.close()


@contextmanager
def fleet(platform: Platform, command: Sequence[str] = ()) -> Iterator[Fleet]:
    """Two workers that are ready, and none left after the block."""
    running = Fleet(platform, command)
    try:
        running.start(WORKERS)
        yield running
    finally:
        with ExitStack() as all_of_them:
            for member in running.members:
                all_of_them.push(member.stack)
                if member.is_alive:
                    member.worker.process.terminate()  # all at once; the stack waits for each
