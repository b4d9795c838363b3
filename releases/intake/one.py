"""What people and orchestrators do with releases: enqueue, get, resume, cancel."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from releases.errors import ReleaseConflict, UnknownRelease
from releases.intake.decide import NewRelease, Repetition, decide
from releases.record import NOBODY, By, Release, identity
from releases.request import ReleaseRequest
from releases.results import Outcomes, outcome
from releases.scope import Scope
from releases.states import Status, Step
from releases.store.creations import Creation
from releases.store.pauses import Pauses
from releases.store.places import sent
from releases.store.records import RecordChanged, ReleaseStore

#: Ids of releases are made from those of the requests in this name space.
_REQUESTS = uuid.UUID("7a0f3a52-6c1d-5d0c-9d5e-0a1c9d1f6b11")
#: How often a change is tried again when somebody else changed the same record at the same moment.
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The release of a request, and whether it was created by it."""

    release: Release
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """Takes releases in and changes their course. Safe to use from many threads and processes."""

    store: ReleaseStore
    send: Callable[[Release], None]
    outcomes: Outcomes
    pauses: Pauses
    now: Callable[[], datetime]

    def enqueue(self, request: ReleaseRequest, request_id: str | None = None, by: By = NOBODY) -> Enqueued:
        """Create the release and send its chain, or find the same one; raises ReleaseConflict.

        A `request_id` names the request: when it is delivered again, what it created is found again, whatever
        has become of it, so that `again` and `supersede` count once. Another request under the same id is refused.
        """
        release_id = None if request_id is None else uuid.uuid5(_REQUESTS, request_id).hex
        for _ in range(_TRIES):
            earlier = None if release_id is None else self._created_by(release_id, request)
            if earlier is not None:
                return self._found(earlier, created=True)
            (known,) = self.store.known_to_all([(request.appid, identity(request))])
            decision = decide(request, known)
            if isinstance(decision, Repetition):
                if not self.store.confirm(decision.release.id):
                    continue  # it was never confirmed, and is lost
                return self._found(decision.release, created=False)
            release, superseded = self.new(request, decision, release_id, by)
            place = sent(release, release.created_at)
            if self.store.create_all([Creation(release, known, place, superseded)]):
                self.send(release)
                self.tell_superseded(release)
                return Enqueued(release, created=True)
        raise ReleaseConflict("", f"{request.appid} is being enqueued by many at once; try again")

    def resume(self, release_id: str, by: By = NOBODY) -> Release:
        """Start a blocked or failed release again, or a waiting one at once; raises ReleaseConflict.

        It starts with a free `get`, whichever step stopped, and keeps what is known of calls already made.
        Resuming one that the platform's pause holds says that the cause is removed: the pause ends for all,
        and the first call that is still refused begins it again. A pause that a person began is refused instead.
        One that its wave's brake or canary holds goes on by itself; the others stay.
        """
        before, release = self._change(release_id, lambda found: self._resumed(found, by))
        if before is not release:
            if before.progress.held in set(Scope):  # one of its wave stays, and it passes that alone
                self.pauses.lift_unless_by_hand(before.progress.held)
            self.outcomes.tell(release_id)
            self.send(release)
        return release

    def cancel(self, release_id: str, reason: str = "cancelled by request", by: By = NOBODY) -> Release:
        """End a release; a step that is running notices when it writes. Raises ReleaseConflict."""
        _, release = self._change(release_id, lambda found: self._cancelled(found, reason, by))
        self.outcomes.tell(release_id)
        return release

    def note(self, release_id: str, what: str, by: By) -> Release:
        """Have the history of a waiting release tell what somebody does that concerns many; one that goes on is left alone."""

        def noted(found: Release) -> Release:
            return found.changed(what, self.now(), by) if found.status is Status.WAITING else found

        return self._change(release_id, noted, moves=False)[1]

    def _resumed(self, release: Release, by: By) -> Release:
        if release.status in (Status.QUEUED, Status.RUNNING):
            return release
        if not release.is_active:
            raise ReleaseConflict(release.id, f"is {release.status} and can't be resumed; enqueue it anew")
        pause = self.pauses.current(release.progress.held) if release.progress.held else None
        if pause is not None and pause.by_hand:
            raise ReleaseConflict(release.id, f"waits: the platform is {pause.errmsg}. {pause.remedy}")
        return release.changed(
            "resumed",
            self.now(),
            by,
            step=Step.ENSURE_DOMAINS,
            status=Status.QUEUED,
            block=None,
            failure=None,
            wait=None,
            next_attempt_at=None,
            progress=release.progress.fresh(resumed=True).model_copy(
                update={"passes": release.progress.passes or release.progress.held not in ("", *Scope)}
            ),
        )

    def _cancelled(self, release: Release, reason: str, by: By = NOBODY) -> Release:
        if release.status is Status.CANCELLED:
            return release
        if not release.is_active:
            raise ReleaseConflict(release.id, f"is {release.status} and can't be cancelled any more")
        because = f"{reason}: {by.reason}" if by.reason else reason
        return release.changed(
            reason,
            self.now(),
            by,
            status=Status.CANCELLED,
            block=None,
            failure=None,
            wait=None,
            next_attempt_at=None,
            progress=release.progress.model_copy(update={"cancelled_because": because}),
        )

    def new(
        self,
        request: ReleaseRequest,
        decision: NewRelease,
        release_id: str | None = None,
        by: By = NOBODY,
    ) -> tuple[Release, Release | None]:
        """The new release, and the one it supersedes as it is to be written."""
        release = Release.of(request, self.now(), release_id, by)
        old = decision.superseding
        if old is None:
            return release, None
        superseded = self._cancelled(old, f"superseded by release {release.id}", By(actor=by.actor))
        if old.wave is not None and old.wave == release.wave:
            superseded = superseded.progressed(left_wave=True)
        return release.progressed(superseded=old.id), superseded

    def tell_superseded(self, release: Release) -> None:
        """Store the result of the release that this one superseded; doing so again changes nothing."""
        if release.progress.superseded:
            self.outcomes.tell(release.progress.superseded)

    def _change(
        self, release_id: str, change: Callable[[Release], Release], *, moves: bool = True
    ) -> tuple[Release, Release]:
        """Write a change to the newest state of a record; returns the states before and after.

        If it goes on it is about to be sent from then on, or with `moves` False stands where it stood.
        """
        for _ in range(_TRIES):
            stored = self.store.get(release_id)
            if stored is None:
                raise UnknownRelease(release_id)
            changed = change(stored.release)
            if changed is stored.release:
                if not self.store.confirm(release_id):
                    continue  # as in enqueue
                return stored.release, changed
            try:
                self.store.save(stored, changed, place=sent(changed, self.now()) if moves else None)
            except RecordChanged:
                continue
            return stored.release, changed
        raise ReleaseConflict(release_id, "is being changed by many at once; try again")

    def _found(self, release: Release, *, created: bool) -> Enqueued:
        """A release that was there. Its result is stored anew: it may have expired, and who asked again waits for it."""
        if outcome(release) is not None:
            self.outcomes.tell(release.id)
        return Enqueued(release, created=created)

    def _created_by(self, release_id: str, request: ReleaseRequest) -> Release | None:
        """What the request's id created, if it did; raises ReleaseConflict where that was another request."""
        earlier = self.store.get(release_id)
        if earlier is None:
            return None
        other = earlier.release.unlike(request)
        if other:
            raise ReleaseConflict(
                release_id,
                f"its request's task id came again with another {', '.join(other)}; nothing was done: "
                "send each request with a new task id",
            )
        if not self.store.confirm(release_id):
            return None  # as in enqueue
        self.tell_superseded(earlier.release)
        return earlier.release
