"""What people and orchestrators do with releases: enqueue, get, resume, cancel."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Unpack

from releases.errors import ReleaseConflict
from releases.intake.changing import TRIES, Changing, How
from releases.intake.course import cancelled, resumed
from releases.intake.decide import NewRelease, Repetition, decide
from releases.record import NOBODY, By, Release, identity
from releases.request import ReleaseRequest
from releases.scope import Scope
from releases.states import GOING_ON, Status
from releases.steps.live.order import superseded
from releases.steps.live.times import Times
from releases.store.actions import Action, What
from releases.store.creations import Creation
from releases.store.pauses import Pauses
from releases.store.places import fed, sent

#: Ids of releases are made from those of the requests in this name space.
_REQUESTS = uuid.UUID("7a0f3a52-6c1d-5d0c-9d5e-0a1c9d1f6b11")


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The release of a request, and whether it was created by it."""

    release: Release
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases(Changing):
    """Takes releases in and changes their course. Safe to use from many threads and processes."""

    pauses: Pauses

    def enqueue(self, request: ReleaseRequest, request_id: str | None = None, by: By = NOBODY) -> Enqueued:
        """Create the release and send its chain, or find the same one; raises ReleaseConflict.

        A `request_id` names the request: when it is delivered again, what it created is found again, whatever
        has become of it, so that `again` and `supersede` count once. Another request under the same id is refused.
        """
        release_id = None if request_id is None else uuid.uuid5(_REQUESTS, request_id).hex
        for _ in range(TRIES):
            earlier = None if release_id is None else self._created_by(release_id, request)
            if earlier is not None:
                return self._found(earlier, created=True)
            (known,) = self.store.known_to_all([(request.appid, identity(request))])
            decision = decide(request, known)
            if isinstance(decision, Repetition):
                if not self.store.confirm(decision.release.id):
                    continue  # it was never confirmed, and is lost
                return self._found(decision.release, created=False)
            release, replaced = self.new(request, decision, release_id, by)
            waits = release.status is Status.WAITING
            place = fed(release) if waits else sent(release, release.created_at)
            action = Action.of(What.ENQUEUE, by, self.now(), release)
            if self.store.create_all([Creation(release, known, place, replaced)], action=action):
                if not waits:
                    self.send(release)
                return Enqueued(release, created=True)
        raise ReleaseConflict("", f"{request.appid} is being enqueued by many at once; try again")

    def resume(self, release_id: str, by: By = NOBODY, **how: Unpack[How]) -> Release:
        """Start a blocked, failed or rejected release again, or a waiting one at once; raises ReleaseConflict.

        Resuming one that the platform's pause holds says that the cause is removed: the pause ends for all,
        and the first call that is still refused begins it again. A pause that a person began is refused instead.
        One that its wave's brake or canary holds goes on by itself; the others stay.
        """

        def lift_pause(before: Release) -> None:
            if before.progress.held in set(Scope):  # one of its wave stays, and it passes that alone
                self.pauses.lift_unless_by_hand(before.progress.held)

        def change(found: Release) -> Release:
            return self._resumed(found, by)

        return self.follow(What.RESUME, release_id, change, by, how, before_sent=lift_pause)

    def cancel(
        self, release_id: str, by: By = NOBODY, *, only_moving: bool = False, **how: Unpack[How]
    ) -> Release:
        """End a release, or its publication or revert; a step that is running notices when it writes. Raises ReleaseConflict.

        What is approved again because its publication was cancelled is not given up because that message comes again.
        With `only_moving` one that is at no step is left as it is.
        """

        def change(found: Release) -> Release:
            is_left = only_moving and not found.is_moving
            return found if is_left else cancelled(found, self.now(), by)

        return self.follow(What.CANCEL, release_id, change, by, how)

    def resume_all(self, release_ids: Sequence[str], by: By, within: Action) -> None:
        """Resume many, but for those that can't be; workers send their messages as the queue empties."""
        resuming = self.change_all(
            release_ids, lambda found: self._resumed(found, by), place=fed, action=within
        )
        for page in resuming:
            for scope in {before.progress.held for before, _ in page} & set(Scope):
                self.pauses.lift_unless_by_hand(scope)

    def cancel_all(self, release_ids: Sequence[str], by: By, within: Action) -> None:
        """Cancel many that are at a step, but for those that can't be."""

        def change(found: Release) -> Release:
            return cancelled(found, self.now(), by) if found.is_moving else found

        for _ in self.change_all(release_ids, change, place=fed, action=within):
            pass

    def note(self, release_id: str, what: str, by: By) -> Release:
        """Have the history tell what somebody does that is no change of it; one that is queued or runs is left alone."""
        return self.change(release_id, self._noted(what, by), place=_where_it_stood)[1]

    def note_all(self, release_ids: Sequence[str], what: str, by: By) -> None:
        """The same of many."""
        for _ in self.change_all(release_ids, self._noted(what, by), place=_where_it_stood):
            pass

    def _noted(self, what: str, by: By) -> Callable[[Release], Release]:
        at_work = (Status.QUEUED, Status.RUNNING)
        return lambda found: found if found.status in at_work else found.changed(what, self.now(), by)

    def would(self, order: Literal["resume", "cancel"], release: Release) -> bool:
        """Whether the order would change a release as it stands; raises ReleaseConflict where it can't be followed."""
        if order == "resume":
            return self._resumed(release, NOBODY) is not release
        return cancelled(release, self.now()) is not release

    def _resumed(self, release: Release, by: By) -> Release:
        pause = self.pauses.current(release.progress.held) if release.progress.held else None
        if release.status is Status.WAITING and pause is not None and pause.by_hand:
            raise ReleaseConflict(release.id, f"waits: the platform is {pause.errmsg}. {pause.remedy}")
        return resumed(release, self.now(), by)

    def new(
        self,
        request: ReleaseRequest,
        decision: NewRelease,
        release_id: str | None = None,
        by: By = NOBODY,
    ) -> tuple[Release, Release | None]:
        """The new release, and the one it supersedes as it is to be written."""
        now = self.now()
        release = Release.of(request, now, release_id, by)
        if request.at is not None:
            # The hours are those of publications: a release starts whenever it is to.
            release = Times().begun(release.progressed(not_before=request.at.timestamp()), now)
        old = decision.superseding
        if old is None:
            return release, None
        return release.progressed(superseded=old.id), superseded(old, release, self.now(), by)

    def _found(self, release: Release, *, created: bool) -> Enqueued:
        """A release that was there."""
        if release.status not in GOING_ON:
            self.store.tell(release.id)
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
        return earlier.release


def _where_it_stood(_: Release) -> None:
    """No other place."""
