"""What a pause stops: a scope is a name, and a release waits for the end of one scope's pause at a time."""

from __future__ import annotations

from enum import StrEnum

from releases.states import TO_AUDIT, Step


class Scope(StrEnum):
    """Of the platform: everything, or submissions alone, while commits go on."""

    ALL = "all"
    SUBMISSIONS = "submissions"


def wave_scope(wave: str) -> str:
    """One wave."""
    return f"wave:{wave}"


def live_scope(wave: str) -> str:
    """The publications of one wave."""
    return f"live:{wave}"


def scopes_of_wave(wave: str) -> tuple[str, str]:
    """Both of one wave."""
    return (wave_scope(wave), live_scope(wave))


def wave_of(scope: str) -> str | None:
    """The wave whose scope it is, of either half; None for the platform's."""
    kind, colon, wave = scope.partition(":")
    return wave if colon and f"{kind}:" in scopes_of_wave("") else None


def scopes_of(step: Step, wave: str | None) -> tuple[str, ...]:
    """The pauses that hold a release at this step."""
    submissions = (Scope.SUBMISSIONS,) if step is Step.SUBMIT_AUDIT else ()
    if wave is None:
        return (Scope.ALL, *submissions)
    # What is published is verified, whatever has braked its wave: nobody else looks whether its domains are there.
    of_wave = (wave_scope(wave),) if step in TO_AUDIT else (live_scope(wave),) if step is Step.PUBLISH else ()
    return (Scope.ALL, *of_wave, *submissions)
