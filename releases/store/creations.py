"""New releases that are to be written with their wave: values for the store."""

from __future__ import annotations

from dataclasses import dataclass

from releases.record import Release
from releases.store.known import Known
from releases.store.places import Place


@dataclass(frozen=True, slots=True)
class Creation:
    """A release to be written: what its Mini Program had when that was decided, and where the release stands at first.

    `superseded` is the active one in the state that it is to get.
    """

    release: Release
    known: Known
    place: Place
    superseded: Release | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """How a wave begins that has a canary or a brake: documents to be written with its releases."""

    wave: str
    policy: str
    pause: str = ""
