"""Releases as they are shown, to a person or a program."""

from __future__ import annotations

from collections.abc import Iterable

from releases.errors import UnknownRelease
from releases.record import Problem, Release
from releases.scope import Scope
from releases.states import Status
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore


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

    def find(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> list[Release]:
        """All of a status, a wave, a Mini Program, oldest first."""
        return self._as_they_are(self._store.find(status=status, wave=wave, appid=appid))

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
