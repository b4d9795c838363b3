"""What a pause stops: a scope is a name, and a release waits for the end of one scope's pause at a time."""

from __future__ import annotations

from enum import StrEnum

from releases.states import Step


class Scope(StrEnum):
    """Of the platform: everything, or submissions alone, while commits go on."""

    ALL = "all"
    SUBMISSIONS = "submissions"


def wave_scope(wave: str) -> str:
    """One wave."""
    return f"wave:{wave}"


def scopes_of(step: Step, wave: str | None) -> tuple[str, ...]:
    """The pauses that hold a release at this step."""
    everywhere = (Scope.ALL, *((wave_scope(wave),) if wave else ()))
    return (*everywhere, Scope.SUBMISSIONS) if step.next is None else everywhere
