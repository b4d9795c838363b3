"""Where a release stands that goes on, which is who looks at it next.

Its message is in the queue (`sent`), or it is due at a time in one of the lanes, or a pause holds it. The record's own
script moves it, so that it always stands in one place, and a release at rest in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from releases.record import Release
from releases.store import keys


class Lane(StrEnum):
    """The lanes of what is due, in the order in which they are emptied."""

    URGENT = "urgent"  # whatever is urgent
    BEGUN = "begun"  # retries, scans, attempts whose lease ends without a word
    NEW = "new"  # what is fed to the queue as it empties, oldest first
    LOOKS = "looks"  # what can wait until the queue is empty


#: Where a release is due at once: an urgent one, and any other.
AT_ONCE = {"urgent": keys.due(Lane.URGENT), "begun": keys.due(Lane.BEGUN)}


@dataclass(frozen=True, slots=True)
class Place:
    """An index and the release's time in it, in seconds since the epoch; None: that of its creation."""

    index: str
    at: float | None = None


def sent(release: Release, at: datetime) -> Place:
    """Its message is sent next, or has been."""
    return Place(keys.sent(urgent=release.urgent), at.timestamp())


def due(release: Release, at: datetime) -> Place:
    """Somebody looks at it at that time."""
    return Place(keys.due(Lane.URGENT if release.urgent else Lane.BEGUN), at.timestamp())


def fed(release: Release) -> Place:
    """Its message is sent when the queue has room; that of an urgent one at once. If it waits for a time, from then on."""
    at = release.next_attempt_at
    return Place(
        keys.due(Lane.URGENT if release.urgent else Lane.NEW), None if at is None else at.timestamp()
    )


def looked_at(at: datetime) -> Place:
    """Somebody looks at it then, or when there is time."""
    return Place(keys.due(Lane.LOOKS), at.timestamp())


def held(scope: str) -> Place:
    """It waits for the end of the scope's pause."""
    return Place(keys.held(scope))
