"""Writes the record while a step runs, and those that follow it on the same lease.

What happens is written before the next call that changes something at WeChat, and at the end; what lies in between
is written with it. So a step that is done and the intent of the next one are one write: a worker that dies between
them leaves a record that says to do or ask again what can be done or asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from releases.record import COMMITTED, NOBODY, Problem, Progress, Release
from releases.scope import Scope, live_scope, scopes_of
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.audit_pace import first_look, next_look
from releases.store.known import Stored
from releases.store.leases import Held
from releases.store.pauses import Pause, Paused
from releases.store.places import Place, due, fed, held, looked_at, sent
from releases.store.records import LeaseLost, RecordChanged, ReleaseStore

#: Domains that were confirmed longer ago are confirmed again before the next call that relies on them, in seconds.
DOMAINS_GOOD_FOR_S = 600.0


class Attempt:
    """Writes what happens, as it happens. Implements `Intents`. Used by one thread."""

    def __init__(self, lease: Held, *, store: ReleaseStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._stored = lease.stored
        #: The record as it is, or will be with the next write; and as it was before the step was started.
        self.release = self._before = lease.stored.release
        self._pauses = lease.pauses
        self._heeded: tuple[str, ...] = ()
        self.lease = lease.number
        pause = lease.pauses.get(Scope.ALL)
        #: Whether it tries for all releases that a pause of the platform holds.
        self.is_probe = pause is not None and not pause.holds(self.release.id)
        #: The older release of the Mini Program that a commit would destroy, and when WeChat pushed last about the audit.
        self.ahead, self.pushed_at = lease.ahead, lease.pushed_at
        self.stood = lease.stood
        self.has_started = False
        #: Whether the lease has ended with the last write.
        self.is_over = False

    def start(self) -> None:
        """The step is being worked on; an attempt before it that never ended counts as a failure.

        Raises Paused where a pause holds the release: one that was on when the lease was taken, or, for a further step
        on the same lease, one that is on at its first write.
        """
        release = self._before = self.release
        pauses = tuple(scope for scope in scopes_of(release.step, release.wave) if not release.passes(scope))
        for scope in pauses:
            pause = self._pauses.get(scope)
            if pause is not None and pause.holds(release.id, is_canary=release.progress.canary):
                raise Paused(scope, pause)
        self._heeded, self.has_started = pauses if self.has_started else (), True
        failures = release.progress.failures + (release.status is Status.RUNNING)
        attempts = {**release.attempts, release.step: release.attempts.get(release.step, 0) + 1}
        self._change(
            status=Status.RUNNING,
            attempts=attempts,
            wait=None,
            next_attempt_at=None,
            progress=release.progress.model_copy(
                update={"held": "", "timed": False, "behind": "", "failures": failures}
            ),
        )
        if not self._intends_first():
            self._write()

    @property
    def domains_are_old(self) -> bool:
        """Whether the domains were confirmed so long ago that somebody may have changed them."""
        at = self.release.progress.domains_at
        return at is None or self._now().timestamp() - at > DOMAINS_GOOD_FOR_S

    def intend(self, **facts: Any) -> None:
        """A call is about to go out: these facts of `Progress` are written before it does."""
        self.know(**facts)
        self._write()

    def know(self, **facts: Any) -> None:
        """The next write says so, too."""
        self._change(progress=self.release.progress.model_copy(update=facts))

    def note(self, what: str, **fields: Any) -> None:
        """The history tells this with the next write, which has these fields of the release as well."""
        self.release = self.release.changed(what, self._now(), **fields)

    def publish(self, at: float) -> None:
        """The release is about to be published; `at` is when that was first intended.

        Raises Paused, having written nothing, where the publications of its wave were braked since the attempt began.
        """
        release = self.release
        if release.progress.publish_at is None:
            braked = () if release.wave is None else (live_scope(release.wave),)
            self._heeded = tuple(scope for scope in braked if not release.passes(scope))
            self.intend(publish_at=at)

    def published(self, at: float) -> None:
        """WeChat has taken the release, or had it published by then, by its clock; the next write says so."""
        first = min(at, self.release.progress.publish_at or at)
        self.know(publish_at=first)
        self._publication(released_at=datetime.fromtimestamp(at, UTC))

    def dropped(self, domains: Mapping[str, list[str]] | None) -> None:
        """WeChat has dropped these domains, or none; the next write says so."""
        self._publication(missing_domains=domains)

    def late(self) -> float:
        """WeChat does not show what it must have done; returns for how many seconds it has not. The next write says so."""
        now = self._now().timestamp()
        since = self.release.progress.late_since or now
        # WeChat has answered, so whatever failed before is over.
        self.know(late_since=since, failures=0)
        return now - since

    def done(self, what: str, *, runs_on: bool) -> None:
        """The step is done: the next one runs on this lease, which its first write says, or its message is sent next."""
        self._go_to(self.release.step.next, what)
        if not runs_on:
            self.pass_on()

    def pass_on(self) -> None:
        """The message of the step that the release is at is sent next."""
        self._end(sent(self.release, self._now()))

    def go_back(self, step: Step, why: str, **facts: Any) -> None:
        """What this earlier step did does not hold any more: it is done again, by a message of its own."""
        self._go_to(step, why, **facts)
        self.pass_on()

    def submitted(self, auditid: int, what: str) -> None:
        """The release has its audit id."""
        now, progress = self._now(), self.release.progress.kept(*COMMITTED)
        review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=now)
        self.note(what, status=Status.SUBMITTED, auditid=auditid, review=review, progress=progress)
        self._end(looked_at(first_look(now, self.pushed_at)))

    def arrived(self, status: Status, what: str) -> None:
        """The release is in the shop, or was taken back."""
        if status is Status.LIVE:
            self._publication(verified_at=self._now())
        self.note(what, status=status, progress=self.release.progress.kept())
        self._end()

    def note_cancelled(self) -> Release | None:
        """The release, if it was cancelled while we worked on it, with what we did and could not write; else None.

        A commit has replaced the trial version, and an audit that was submitted is running, cancelled or not.
        """
        stored = self._store.get(self.release.id)
        if stored is None or stored.release.status is not Status.CANCELLED:
            return None
        noted = stored.release.model_copy(update={"auditid": self.release.auditid or stored.release.auditid})
        for event in self.release.history:
            if event not in self._stored.release.history:
                noted = noted.changed(f"{event.what}, as it was being cancelled", self._now())
        if noted != stored.release:
            with suppress(RecordChanged, LeaseLost):
                self._store.save(stored, noted, lease=self.lease)
        return noted

    def wait_on(self) -> None:
        """A message came before the time: wait until then as before."""
        self._end(due(self.release, self.release.next_attempt_at or self._now()))

    def hold(self, scope: str, why: Pause) -> None:
        """The platform or the wave is paused: wait for its end, as if the step had not been started."""
        self.release = self._before
        self.wait_for(scope, why, why.until)

    def wait_for(
        self, scope: str, why: Problem, until: datetime | None, progress: Progress | None = None
    ) -> None:
        """Wait for the end of the scope's pause, which ends at that time if it has one.

        No attempt is used up, unless `progress` says so.
        """
        self._wait(why, until, held(scope), progress or self.release.progress, held=scope)

    def wait_until(self, until: datetime, why: Problem, progress: Progress) -> None:
        """Wait until then, and try again."""
        self._wait(why, until, due(self.release, until), progress)

    def not_yet(self, until: datetime, why: Problem) -> None:
        """Its time has not come: wait for it, as if the step had not been started."""
        self.release = self._before.model_copy(update={"next_attempt_at": until})
        self._wait(why, until, fed(self.release), self.release.progress, timed=True)

    def wait_behind(self, older: Stored, why: Problem) -> None:
        """Wait until another release has left; the write with which it leaves lets this one go on at once.

        No attempt is used up. Somebody looks again all the same: what runs at WeChat, no write may tell.
        """
        now = self._now()
        at = (
            next_look(now, now, None) if self._before.progress.behind == older.release.id else first_look(now)
        )
        self._change(attempts=self._before.attempts)
        self._wait(why, None, looked_at(at), self.release.progress, older, behind=older.release.id)

    def block(self, problem: Problem) -> None:
        """Stop until a person acts."""
        self.note(told("blocked", problem), status=Status.BLOCKED, block=problem)
        self._end()

    def fail(self, problem: Problem) -> None:
        """Give up."""
        self.note(told("failed", problem), status=Status.FAILED, failure=problem)
        self._end()

    def _wait(
        self,
        why: Problem,
        until: datetime | None,
        place: Place,
        progress: Progress,
        older: Stored | None = None,
        **waits: Any,
    ) -> None:
        self.note(
            told("waiting", why),
            by=why.by if isinstance(why, Pause) else NOBODY,
            status=Status.WAITING,
            wait=why.at(self.release.step),
            next_attempt_at=until,
            progress=progress.model_copy(update={"held": "", "timed": False} | waits),
        )
        self._end(place, older)

    def _intends_first(self) -> bool:
        """Whether the step begins by writing an intent: it has nothing to ask for before its call."""
        progress = self.release.progress
        match self.release.step:
            case Step.COMMIT_CODE:
                return progress.commit_at is None and not self.domains_are_old
            case Step.SUBMIT_AUDIT:
                return progress.seen_under == self.lease and progress.submit_at is None and not progress.scans
        return False

    def _go_to(self, step: Step | None, what: str, **facts: Any) -> None:
        progress = self.release.progress.fresh(**facts)
        self.note(what, step=step, status=Status.QUEUED, next_attempt_at=None, progress=progress)

    def _publication(self, **facts: Any) -> None:
        publication = self.release.publication
        if publication is not None:
            self._change(publication=publication.model_copy(update=facts))

    def _change(self, **fields: Any) -> None:
        self.release = self.release.model_copy(update={"updated_at": self._now(), **fields})

    def _write(self) -> None:
        self._stored = self._store.save(
            self._stored, self.release, lease=self.lease, unless_paused=self._heeded
        )
        self._heeded = ()

    def _end(self, place: Place | None = None, behind: Stored | None = None) -> None:
        """Write for the last time; the lease ends with it. A release that goes on stands in `place` then."""
        self._stored = self._store.save(
            self._stored, self.release, lease=self.lease, end_lease=True, place=place, behind=behind
        )
        self.is_over = True


def told(outcome: str, problem: Problem) -> str:
    """How the history says it, without the rid: the same wait repeated is one line."""
    why = problem.errmsg if problem.errcode is None else f"errcode {problem.errcode}"
    return f"{outcome}: {why}"
