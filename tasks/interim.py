"""What the task of a step returns that has not come to its end by its message: the release waits, or there was nothing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["parked", "dropped", "busy"]


@dataclass(frozen=True, slots=True)
class Interim:
    """What the task of a step returns that has not come to its end by this message.

    Returned, not raised: of what is raised Celery copies the traceback, twice. Its `repr` is what crosses a pool, and begins as
    nothing else does that a task returns: Celery shows a text in quotes.
    """

    kind: Kind
    why: str

    def __repr__(self) -> str:
        return f"{self.kind}: {self.why}"


class Parked(Interim):
    """The release waits: another message will come."""

    def __init__(self, why: str) -> None:
        super().__init__("parked", why)


#: The message means nothing.
DROPPED = Interim("dropped", "the release has gone on, or is gone")
#: Another message works on the Mini Program, maybe on this very step; the release comes back if it has to.
BUSY = Interim("busy", "another message works on the Mini Program")


def kind_of(result: object) -> Kind | None:
    """Of which kind the `Interim` is whose `repr` this is; None for all other results."""
    said = str(result).partition(":")[0]
    return next((kind for kind in get_args(Kind) if kind == said), None)
