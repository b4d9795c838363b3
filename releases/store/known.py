"""A record as Redis holds it, and what a Mini Program has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from releases.record import Release


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read, with the revision that a write has to name."""

    release: Release
    revision: int


@dataclass(frozen=True, slots=True)
class Known:
    """What a Mini Program has: its active release, and the newest one of the identity asked for."""

    active: Stored | None
    same: Stored | None


def parse(document: str, revision: Any) -> Stored:
    """Read a record as Redis holds it."""
    return Stored(Release.model_validate_json(document), int(revision))


def dump(release: Release) -> str:
    """Write a record as Redis holds it: without what is as it was at first, which is a fifth of it."""
    return release.model_dump_json(exclude_defaults=True)
