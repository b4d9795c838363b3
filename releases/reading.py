"""Releases as they are shown, to a person or a program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from releases.errors import UnknownRelease
from releases.record import Problem, Release
from releases.request import is_appid
from releases.scope import Scope
from releases.selection import Selection
from releases.states import Status
from releases.store.newest import Position
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore

#: The fewest characters of an id that name a release.
SHORTEST_PREFIX = 4
#: Releases that are looked at in one go for a page, at the least; and how often, at the most.
_FEWEST, _MOST_PAGES = 100, 20
_PREFIX = re.compile(f"[0-9a-f]{{{SHORTEST_PREFIX},32}}")


@dataclass(frozen=True, slots=True)
class Page:
    """Some releases, and behind which one there are more."""

    releases: list[Release]
    more_after: Position | None


class Reader:
    """Reads records, and changes none. What a release waits for is told as it is now, and not as it was met."""

    def __init__(self, store: ReleaseStore, pauses: Pauses) -> None:
        self._store = store
        self._pauses = pauses

    def get(self, release_id: str) -> Release:
        """One release; raises UnknownRelease."""
        stored = self._store.get(release_id)
        if stored is None:
            raise UnknownRelease(release_id)
        (release,) = self._as_they_are([stored.release])
        return release

    def named(self, name: str) -> list[Release]:
        """The releases that an id, the beginning of one, or an appid (its newest release) can mean, oldest first."""
        if self._store.get(name) is not None:
            return [self.get(name)]
        if is_appid(name):
            newest = self._store.newest_of(name)
            return [] if newest is None else [self.get(newest)]
        ids = self._store.ids_with(name.lower()) if _PREFIX.fullmatch(name.lower()) else []
        found = (stored.release for stored in self._store.get_many(ids) if stored is not None)
        return self._as_they_are(sorted(found, key=lambda release: release.created_at))

    def find(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> list[Release]:
        """All of a status, a wave, a Mini Program, oldest first."""
        return self.select(Selection(status=status, wave=wave, appid=appid))

    def select(self, wanted: Selection) -> list[Release]:
        """All that are wanted, oldest first."""
        found = self._store.find(status=wanted.status, wave=wanted.wave, appid=wanted.appid)
        return [release for release in self._as_they_are(found) if wanted.picks(release)]

    def newest(self, wanted: Selection, limit: int, after: Position | None = None) -> Page:
        """At most so many of those that are wanted, the newest first, older than `after`.

        Some that are looked at may not be wanted, and their number is bounded: a page can have fewer, and more behind it.
        """
        found: list[Release] = []
        last, number = after, max(limit, _FEWEST)
        for _ in range(_MOST_PAGES):
            positions = self._store.newest(wanted, number, last)
            records = self._store.get_many(position.id for position in positions)
            there = [stored.release for stored in records if stored is not None]
            picked = {release.id: release for release in self._as_they_are(there) if wanted.picks(release)}
            for last in positions:
                found += [picked[last.id]] if last.id in picked else []
                if len(found) == limit:
                    break
            if len(found) == limit or len(positions) < number:
                break
        is_more = last is not None and bool(self._store.newest(wanted, 1, last))
        return Page(found, last if is_more else None)

    def has_wave(self, wave: str) -> bool:
        """Whether a release belongs to it."""
        return self._store.has_wave(wave)

    def waves(self) -> dict[str, datetime]:
        """The names of all waves and when each began, newest first; looks at every key."""
        return self._store.waves()

    def _as_they_are(self, releases: Iterable[Release]) -> list[Release]:
        found = list(releases)
        pause = None
        if any(release.progress.held == Scope.ALL for release in found):
            pause = self._pauses.current(Scope.ALL)
        if pause is None or not pause.is_timed:
            return found
        return [_waiting_for(pause, release) for release in found]


def _waiting_for(pause: Pause, release: Release) -> Release:
    if release.status is not Status.WAITING or release.progress.held != Scope.ALL:
        return release
    wait = Problem(**{**pause.model_dump(include=set(Problem.model_fields)), "step": release.step})
    return release.model_copy(update={"wait": wait, "next_attempt_at": pause.until})
