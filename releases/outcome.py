"""What the stored result of a release has to say; it follows from the record alone.

Celery stores a step's failure after the step has ended, and again and again while Redis is away. A cancel or a
resume in between stores first, and the older answer would stand for good. So whoever stores looks at the record
afterwards, and stores anew until both agree: the last one who writes has seen the newest record.
"""

from __future__ import annotations

from releases.errors import ReleaseBlocked, ReleaseCancelled, ReleaseFailed
from releases.record import Release, release_of
from releases.results import Results
from releases.states import Status
from releases.store.records import ReleaseStore

#: What it raises, or its audit id; none while it goes on.
Outcome = ReleaseBlocked | ReleaseFailed | ReleaseCancelled | int | None
#: A record that changes so often while its result is being stored has others who store it.
_TRIES = 50


class Outcomes:
    """Keeps results at what the records say. Safe to use from many threads and processes."""

    def __init__(self, *, store: ReleaseStore, results: Results) -> None:
        self._store = store
        self._results = results

    def tell(self, release_id: str) -> None:
        """Store the release's result; doing so again changes nothing."""
        stored = self._store.get(release_id)
        if stored is not None:
            now = outcome(stored.release)
            self._write(release_id, now)
            self.told(release_id, now)

    def step_failed(self, task_id: str, error: Exception) -> None:
        """Celery stored the failure of a step for its release, and for the step itself, where nobody reads it."""
        release_id = release_of(task_id)
        if task_id != release_id:
            self._results.forget(task_id)
        self.told(release_id, error)

    def told(self, release_id: str, what: object) -> None:
        """Somebody stored this outcome or error as the result: correct it if it is not, or no longer, the release's."""
        for _ in range(_TRIES):
            stored = self._store.get(release_id)
            if stored is None:
                return
            now = outcome(stored.release)
            if _comparable(now) == _comparable(what):
                return
            self._write(release_id, now)
            what = now

    def _write(self, release_id: str, now: Outcome) -> None:
        if now is None:
            self._results.forget(release_id)
        elif isinstance(now, int):
            self._results.succeed(release_id, now)
        else:
            self._results.fail(release_id, now)


def outcome(release: Release) -> Outcome:
    """How the release has ended so far."""
    if release.status in (Status.BLOCKED, Status.FAILED, Status.CANCELLED):
        return release.error()
    return release.auditid if release.status is Status.SUBMITTED else None


def _comparable(what: object) -> object:
    return (type(what), what.args) if isinstance(what, Exception) else what
