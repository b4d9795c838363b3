"""What a pause of the platform stops."""

from __future__ import annotations

from enum import StrEnum

from tasks.names import Step


class Scope(StrEnum):
    """Everything, or submissions alone: commits go on."""

    ALL = "all"
    SUBMISSIONS = "submissions"


def scopes_of(step: Step) -> tuple[Scope, ...]:
    """The pauses that hold a release at this step."""
    return (Scope.ALL, Scope.SUBMISSIONS) if step.next is None else (Scope.ALL,)
