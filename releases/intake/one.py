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
from releases.results import Outcomes
from releases.scope import Scope
from releases.states import Status, Step
from releases.store.known import Known, Stored
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


class Releases:
    """Takes releases in and changes their course. Safe to use from many threads and processes."""

    def __init__(
        self,
        *,
        store: ReleaseStore,
        send: Callable[[Release], None],
        outcomes: Outcomes,
        pauses: Pauses,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._pauses = pauses
        self._send = send
        self._outcomes = outcomes
        self._now = now

    def enqueue(self, request: ReleaseRequest, request_id: str | None = None, by: By = NOBODY) -> Enqueued:
        """Create the release and send its chain, or find the same one; raises ReleaseConflict.

        A `request_id` names the request: when it is delivered again, what it created is found again, whatever
        has become of it, so that `again` and `supersede` count once. Another request under the same id is refused.
        """
        release_id = None if request_id is None else uuid.uuid5(_REQUESTS, request_id).hex
        for _ in range(_TRIES):
            earlier = None if release_id is None else self._created_by(release_id, request)
            if earlier is not None:
                return Enqueued(earlier, created=True)
            known = self._known(request)
            decision = decide(request, known)
            if isinstance(decision, Repetition):
                if not self._store.confirm(decision.release.id):
                    continue  # it was never confirmed, and is lost
                return Enqueued(decision.release, created=False)
            release, superseded = self.new(request, decision, release_id, by)
            if self._store.create(release, known, superseded):
                self._send(release)
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
            if before.progress.held:
                self._lift_for(before)
            self._outcomes.tell(release_id)
            self._send(release)
        return release

    def cancel(self, release_id: str, reason: str = "cancelled by request", by: By = NOBODY) -> Release:
        """End a release; a step that is running notices when it writes. Raises ReleaseConflict."""
        _, release = self._change(release_id, lambda found: self._cancelled(found, reason, by))
        self._outcomes.tell(release_id)
        return release

    def note(self, release_id: str, what: str, by: By) -> Release:
        """Have the history of a waiting release tell what somebody does that concerns many; one that goes on is left alone."""

        def noted(found: Release) -> Release:
            return found.changed(what, self._now(), by) if found.status is Status.WAITING else found

        return self._change(release_id, noted, moves=False)[1]

    def _lift_for(self, resumed: Release) -> None:
        """End the platform's pause that held it; one of its wave stays, and it passes that alone."""
        if resumed.progress.held in set(Scope):
            self._pauses.lift_unless_by_hand(resumed.progress.held)

    def _resumed(self, release: Release, by: By) -> Release:
        if release.status in (Status.QUEUED, Status.RUNNING):
            return release
        if not release.is_active:
            raise ReleaseConflict(release.id, f"is {release.status} and can't be resumed; enqueue it anew")
        pause = self._pauses.current(release.progress.held) if release.progress.held else None
        if pause is not None and pause.by_hand:
            raise ReleaseConflict(release.id, f"waits: the platform is {pause.errmsg}. {pause.remedy}")
        return release.changed(
            "resumed",
            self._now(),
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
            self._now(),
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
        release = Release.of(request, self._now(), release_id, by)
        old = decision.superseding
        if old is None:
            return release, None
        progress = release.progress.model_copy(update={"superseded": old.id})
        superseded = self._cancelled(old, f"superseded by release {release.id}", By(actor=by.actor))
        if old.wave is not None and old.wave == release.wave:
            left = superseded.progress.model_copy(update={"left_wave": True})
            superseded = superseded.model_copy(update={"progress": left})
        return release.model_copy(update={"progress": progress}), superseded

    def tell_superseded(self, release: Release) -> None:
        """Store the result of the release that this one superseded; doing so again changes nothing."""
        if release.progress.superseded:
            self._outcomes.tell(release.progress.superseded)

    def _change(
        self, release_id: str, change: Callable[[Release], Release], *, moves: bool = True
    ) -> tuple[Release, Release]:
        """Write a change to the newest state of a record; returns the states before and after.

        If it goes on it is about to be sent from then on, or with `moves` False stands where it stood.
        """
        for _ in range(_TRIES):
            stored = self._stored(release_id)
            changed = change(stored.release)
            if changed is stored.release:
                if not self._store.confirm(release_id):
                    continue  # as in enqueue
                return stored.release, changed
            try:
                self._store.save(stored, changed, place=sent(changed, self._now()) if moves else None)
            except RecordChanged:
                continue
            return stored.release, changed
        raise ReleaseConflict(release_id, "is being changed by many at once; try again")

    def _created_by(self, release_id: str, request: ReleaseRequest) -> Release | None:
        """What the request's id created, if it did; raises ReleaseConflict where that was another request."""
        earlier = self._store.get(release_id)
        if earlier is None:
            return None
        other = earlier.release.unlike(request)
        if other:
            raise ReleaseConflict(
                release_id,
                f"its request's task id came again with another {', '.join(other)}; nothing was done: "
                "send each request with a new task id",
            )
        if not self._store.confirm(release_id):
            return None  # as in enqueue
        self.tell_superseded(earlier.release)
        return earlier.release

    def _stored(self, release_id: str) -> Stored:
        stored = self._store.get(release_id)
        if stored is None:
            raise UnknownRelease(release_id)
        return stored

    def _known(self, request: ReleaseRequest) -> Known:
        return self._store.known(request.appid, identity(request))
