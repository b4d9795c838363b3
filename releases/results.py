"""What the stored result of a release has to say; it follows from the record alone.

The write that brings a record to rest notes that its result is to be stored, and whoever wrote it stores it at once; what
he could not, because he died, or Redis refused or was replaced, the workers store from that note. A cancel or a resume in between stores
first, and an older answer would stand for good. So whoever stores looks at the record afterwards, and stores anew until
both agree: the last one who writes has seen the newest record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from releases.handles import comparable, outcomes
from releases.record import Release
from releases.store.records import ReleaseStore


class Results(Protocol):
    """By handle, which any Celery client can wait for: see `releases.handles`."""

    def is_stored(self, handle: str) -> bool:
        """Whether there is a result, as far as the master knows that has the records."""

    def forget(self, handle: str) -> None:
        """Delete the stored result, so that whoever asks waits for the next one."""

    def store(self, handle: str, outcome: Exception | int | dict[str, Any]) -> None:
        """Store what a chain brought, or a failure, as that of its last task."""


#: A record that changes so often while its result is being stored has others who store it.
_TRIES = 50
#: Whoever brings a record to rest stores its result within so many seconds, unless he can't.
UNTOLD_S = 5.0
#: Results stored in one go, at the most.
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Keeps results at what the records say. Safe to use from many threads and processes."""

    store: ReleaseStore
    results: Results

    def tell(self, release_id: str) -> None:
        """Store the release's results; doing so again changes nothing."""
        stored = self.store.get(release_id)
        if stored is None:
            self.store.told(release_id)
        else:
            self.ended(stored.release)

    def ended(self, release: Release) -> None:
        """Store the results of a release whose record has been written like this, or what has become of it since."""
        now = outcomes(release)
        for _ in range(_TRIES):
            for handle, outcome in now.items():
                if outcome is None:
                    self.results.forget(handle)
                    continue
                self.results.store(handle, outcome)
                if not self.results.is_stored(handle):
                    return  # the note stays, and the workers store it anew
            stored = self.store.told(release.id)
            newer = now if stored is None else outcomes(stored.release)
            if comparable(newer) == comparable(now):
                return
            now = newer

    def catch_up(self, since_s: float = UNTOLD_S) -> int:
        """Store the results that nobody has stored for so long; returns how many."""
        untold = self.store.untold(since_s, _BATCH)
        for release_id in untold:
            self.tell(release_id)
        return len(untold)
