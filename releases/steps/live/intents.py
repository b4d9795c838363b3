"""What the steps of the second half write to the record as it happens, and how long they wait for what WeChat does not show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from releases.problems import NotShownYet, StepBlocked
from releases.steps import commit_code

#: What went live is not shown by all of WeChat's machines at once: it is asked for as long as that, in seconds.
SHOWN_WITHIN_S = 600
#: WeChat may refuse for as long to publish what has passed, in seconds.
PUBLISHABLE_WITHIN_S = 3600


class Lateness(Protocol):
    """Knows since when WeChat does not show something."""

    def late(self) -> float:
        """WeChat does not show what it must have done; returns for how many seconds it has not."""


class Intents(commit_code.Intents, Lateness, Protocol):
    """Writes besides how far the publication got; times are WeChat's, in seconds since the epoch."""

    def publish(self, at: float) -> None:
        """The release is about to be published; the first time counts."""

    def published(self, at: float) -> None:
        """The release was published by then."""

    def dropped(self, domains: Mapping[str, list[str]] | None) -> None:
        """WeChat has dropped these domains; None for none."""


def late(blocked: StepBlocked, intents: Lateness, bound_s: int) -> StepBlocked | NotShownYet:
    """What to raise where WeChat does not show yet what it must: it is asked again, but not for ever."""
    if intents.late() >= bound_s:
        return blocked
    # Asked at most once in a second, so that it is the time that ends it.
    return NotShownYet(blocked, budget="lates", tries=bound_s)
