"""The chain's next step, run at once on the delivery of the one before it, instead of being sent as a message.

A message costs more than the bookkeeping of a step: Celery makes it, Redis keeps it twice, a worker takes and
acknowledges it. So a step that is done hands the lease on, and what it has not written yet, to the next one in the
same worker. The message stays unacknowledged meanwhile: if the worker dies, it comes again, and the record says from
where to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from celery.worker import state

from releases.steps.attempt import Attempt
from wechat.http.deadline import Deadline
from wechat.mini_program import MiniProgram


@dataclass(frozen=True, slots=True)
class Run:
    """What one delivery has: the lease, with the record, and the Mini Program until the delivery's deadline."""

    attempt: Attempt
    mini_program: MiniProgram
    deadline: Deadline


class NextStep:
    """Where a step leaves what comes next, for the worker's request that it runs in."""

    def __init__(self) -> None:
        self.signature: dict[str, Any] | None = None
        self.chain: list[dict[str, Any]] = []
        self.run: Run | None = None

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """In a pool's child there is none: the request is in the parent and would never hear of it."""
        return (type(None), ())

    @property
    def may_run(self) -> bool:
        """A worker that is told to end does what it is at, and leaves the rest to others."""
        return all(said is None or said is False for said in (state.should_stop, state.should_terminate))

    def give(self, signature: dict[str, Any], chain: list[dict[str, Any]], run: Run) -> None:
        """Leave the next step, and those behind it."""
        self.signature, self.chain, self.run = signature, chain, run
