"""Releases as they are shown, to a person or a program."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from releases.appid import is_appid
from releases.errors import UnknownRelease
from releases.record import Release
from releases.scope import Scope
from releases.selection import Selection
from releases.states import Status
from releases.store.newest import Position
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore

#: The fewest characters of an id that name a release.
SHORTEST_PREFIX = 4
#: Releases that are looked at in one go for a page: so many at first, twice as many each time that they are not enough, at most
#: so many; and how often.
_FEWEST, _MOST, _ROUNDS = 100, 800, 5
_PREFIX = re.compile(f"[0-9a-f]{{{SHORTEST_PREFIX},32}}")


@dataclass(frozen=True, slots=True)
class Page:
    """Some releases, and behind which one there are more."""

    releases: list[Release]
    more_after: Position | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads records, and changes none. What a release waits for is told as it is now, and not as it was met."""

    store: ReleaseStore
    pauses: Pauses

    def get(self, release_id: str) -> Release:
        """One release; raises UnknownRelease."""
        stored = self.store.get(release_id)
        if stored is None:
            raise UnknownRelease(release_id)
        (release,) = self._as_they_are([stored.release])
        return release

    def named(self, name: str) -> list[Release]:
        """The releases that an id, the beginning of one, or an appid (its newest release) can mean, oldest first."""
        if self.store.get(name) is not None:
            return [self.get(name)]
        if is_appid(name):
            newest = self.store.newest_of(name)
            return [] if newest is None else [self.get(newest)]
        ids = self.store.ids_with(name.lower()) if _PREFIX.fullmatch(name.lower()) else []
        found = (stored.release for stored in self.store.get_many(ids) if stored is not None)
        return self._as_they_are(sorted(found, key=lambda release: release.created_at))

    def select(self, wanted: Selection) -> list[Release]:
        """All that are wanted, oldest first."""
        found = self.store.find(status=wanted.status, wave=wanted.wave, appid=wanted.appid)
        return [release for release in self._as_they_are(found) if wanted.picks(release)]

    def newest(self, wanted: Selection, limit: int, after: Position | None = None) -> Page:
        """At most so many of those that are wanted, the newest first, older than `after`.

        Some that are looked at may not be wanted, and their number is bounded: a page can have fewer, and more behind it.
        """
        found: list[Release] = []
        last, number = after, max(limit, _FEWEST)
        for _ in range(_ROUNDS):
            positions = self.store.newest(wanted, number, last)
            records = self.store.get_many(position.id for position in positions)
            there = [stored.release for stored in records if stored is not None]
            picked = {release.id: release for release in self._as_they_are(there) if wanted.picks(release)}
            for last in positions:
                found += [picked[last.id]] if last.id in picked else []
                if len(found) == limit:
                    break
            if len(found) == limit or len(positions) < number:
                break
            number = max(number, min(2 * number, _MOST))
        is_more = last is not None and bool(self.store.newest(wanted, 1, last))
        return Page(found, last if is_more else None)

    def _as_they_are(self, releases: Iterable[Release]) -> list[Release]:
        found = list(releases)
        pause = None
        if any(release.progress.held == Scope.ALL for release in found):
            pause = self.pauses.current(Scope.ALL)
        if pause is None or not pause.is_timed:
            return found
        return [_waiting_for(pause, release) for release in found]


def _waiting_for(pause: Pause, release: Release) -> Release:
    if release.status is not Status.WAITING or release.progress.held != Scope.ALL:
        return release
    return release.model_copy(update={"wait": pause.at(release.step), "next_attempt_at": pause.until})
