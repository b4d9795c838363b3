"""What the task of a step returns that has not come to its end by its message: the release waits, or there was nothing to do.

Returned, not raised: of what is raised Celery copies the traceback, twice. Its `repr` is what crosses a pool, and begins as nothing else
does that a task returns: Celery shows a text in quotes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interim:
    """Of which kind it is, and what is said of it."""

    kind: str
    why: str

    def __repr__(self) -> str:
        return f"{self.kind} {self.why}"


#: What the `repr` of each kind begins with.
IS_PARKED, IS_DROPPED, IS_BUSY = KINDS = "parked:", "dropped:", "busy:"
#: The message means nothing.
DROPPED = Interim(IS_DROPPED, "the release has gone on, or is gone")
#: Another message works on the Mini Program, maybe on this very step; the release comes back if it has to.
BUSY = Interim(IS_BUSY, "another message works on the Mini Program")


class Parked(Interim):
    """The release waits: another message will come."""

    def __init__(self, why: str) -> None:
        super().__init__(IS_PARKED, why)
