"""What the stored result of a release has to say; it follows from the record alone.

The write that brings a record to rest notes that its result is to be stored, and whoever wrote it stores it at once; what
he could not, because he died, or Redis refused or was replaced, the workers store from that note. A cancel or a resume in between stores
first, and an older answer would stand for good. So whoever stores looks at the record afterwards, and stores anew until
both agree: the last one who writes has seen the newest record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from releases.handles import Outcome, Result, comparable, outcomes
from releases.record import Release
from releases.store.records import ReleaseStore


class Results(Protocol):
    """By handle, which any Celery client can wait for: see `releases.handles`."""

    def forget(self, *handles: str) -> None:
        """Delete stored results, so that whoever asks waits for the next ones."""

    def store(self, found: Mapping[str, Result]) -> bool:
        """Store what chains brought, or a failure, as that of their last tasks.

        False if one of them is not there afterwards, as far as the master knows that has the records.
        """


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

    def tell(self, *release_ids: str) -> None:
        """Store the results of releases; doing so again changes nothing."""
        found = zip(release_ids, self.store.get_many(release_ids), strict=True)
        self._store({name: {} if one is None else outcomes(one.release) for name, one in found})

    def ended(self, *releases: Release) -> None:
        """Store the results of releases whose records have been written like this, or what has become of them since."""
        self._store({release.id: outcomes(release) for release in releases})

    def _store(self, now: dict[str, dict[str, Outcome]]) -> None:
        """By release; all in one go, and anew those whose record says something else by then."""
        for _ in range(_TRIES):
            if not now:
                return
            pairs = [pair for of_release in now.values() for pair in of_release.items()]
            forgotten = [handle for handle, outcome in pairs if outcome is None]
            if forgotten:
                self.results.forget(*forgotten)
            found = {handle: outcome for handle, outcome in pairs if outcome is not None}
            if found and not self.results.store(found):
                return  # the notes stay, and the workers store them anew
            newer = {
                one.release.id: outcomes(one.release) for one in self.store.told(*now) if one is not None
            }
            now = {name: said for name, said in newer.items() if comparable(said) != comparable(now[name])}

    def catch_up(self, since_s: float = UNTOLD_S) -> int:
        """Store the results that nobody has stored for so long; returns how many."""
        untold = self.store.untold(since_s, _BATCH)
        self.tell(*untold)
        return len(untold)
