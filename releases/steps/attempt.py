"""One attempt at a step, and at those that follow it on the same delivery: every write of the record, under one lease.

What happens is written before the next call that changes something at WeChat, and at the end; what lies in between
is written with it. So a step that is done and the intent of the next one are one write: a worker that dies between
them leaves a record that says to do or ask again what can be done or asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from releases.background.due import LONGEST_COUNTDOWN_S
from releases.record import Problem, Progress, Release
from releases.scope import Scope, scopes_of
from releases.states import Status, Step
from releases.steps.quota_resets import reset_at, spread_after
from releases.steps.retry_policy import (
    AwaitQuota,
    Block,
    Decision,
    Fail,
    PauseForAWhile,
    PausePlatform,
    Retry,
)
from releases.store.leases import Held
from releases.store.pauses import Pause, Paused
from releases.store.records import NOT_PARKED, LeaseLost, Parking, RecordChanged
from tasks.services import Services
from wechat.errcodes.table import QuotaScope
from wechat.mini_program import Quota

#: Domains that were confirmed longer ago are confirmed again before the next call that relies on them, in seconds.
DOMAINS_GOOD_FOR_S = 600.0


class Attempt:
    """Writes what happens, as it happens. Implements `Intents`. Used by one thread."""

    def __init__(self, services: Services, held: Held) -> None:
        self._services = services
        self._stored = held.stored
        self._release = self._before = held.stored.release
        self._pauses = held.pauses
        self._heeded: tuple[str, ...] = ()
        self._may_run_on: Callable[[Release], bool] = lambda _: False
        self.lease = held.number
        self.ended = False
        self.goes_on = False

    @property
    def is_probe(self) -> bool:
        """Whether it tries for all releases that a pause of the platform holds."""
        pause = self._pauses.get(Scope.ALL)
        return pause is not None and not pause.holds(self._release.id)

    @property
    def release(self) -> Release:
        """The record as it is, or will be with the next write."""
        return self._release

    def start(self, *, interrupted: bool, may_run_on: Callable[[Release], bool]) -> None:
        """The step is being worked on; an attempt before it that never ended counts as a failure.

        Raises Paused where a pause holds the release: that was on when the lease was taken, or, for a step that
        runs on, is on at the first write. `may_run_on` says whether the step that the release is at then may.
        """
        release = self._before = self._release
        ran_on, self.goes_on = self.goes_on, False
        pauses = tuple(scope for scope in scopes_of(release.step, release.wave) if not release.passes(scope))
        for scope in pauses:
            if scope in self._pauses and self._pauses[scope].holds(release.id):
                raise Paused(scope, self._pauses[scope])
        self._heeded = pauses if ran_on else ()
        self._may_run_on = may_run_on
        failures = release.progress.failures + (1 if interrupted else 0)
        attempts = {**release.attempts, release.step: release.attempts.get(release.step, 0) + 1}
        self._change(
            status=Status.RUNNING,
            attempts=attempts,
            wait=None,
            next_attempt_at=None,
            progress=release.progress.model_copy(update={"resumed": False, "held": "", "failures": failures}),
        )
        if not self._intends_first():
            self._write()

    @property
    def domains_are_old(self) -> bool:
        """Whether the domains were confirmed so long ago that somebody may have changed them."""
        at = self._release.progress.domains_at
        return at is None or self._services.now().timestamp() - at > DOMAINS_GOOD_FOR_S

    @property
    def has_seen_trial(self) -> bool:
        """Whether WeChat has said under this lease that the trial version is ours."""
        return self._release.progress.seen_under == self.lease

    def domains_confirmed(self) -> None:
        """All domains are configured; the next write says so."""
        self._know(domains_at=self._services.now().timestamp())

    def note(self, what: str) -> None:
        """The history tells this with the next write."""
        self._happened(what)

    def commit(self, at: float) -> None:
        """A commit is about to be sent; until it is answered nobody knows whose the trial version is."""
        self._remember(commit_at=at, committed_at=None, seen_under=None)

    def committed(self, until: float) -> None:
        """The trial version is ours, committed by then; the next write says so."""
        self._know(committed_at=until, seen_under=self.lease)

    def submit(self, at: float) -> None:
        """A submission is about to be sent."""
        self._remember(submit_at=at)

    def forget_submission(self) -> None:
        """WeChat refused the submission for certain."""
        self._remember(submit_at=None)

    def done(self, following: Step, what: str) -> None:
        """The step is done; the next one is queued, unless it runs on."""
        progress = self._release.progress.fresh()
        self._happened(what, step=following, status=Status.QUEUED, next_attempt_at=None, progress=progress)
        self.goes_on = self._may_run_on(self._release)
        if not self.goes_on:
            self._end()

    def commit_again(self, instead_of: str) -> None:
        """Somebody else's code is the trial version: go back to the commit, by a message of its own."""
        progress = self._release.progress.fresh().model_copy(update={"foreign": instead_of})
        self._happened(
            f"the trial version is {instead_of}, not ours: it is committed once more",
            step=Step.COMMIT_CODE,
            status=Status.QUEUED,
            next_attempt_at=None,
            progress=progress,
        )
        self._end(Parking(until=self._services.now().timestamp()))

    def submitted(self, auditid: int, what: str) -> None:
        """The release has its audit id."""
        # What the steps had to remember is needed no more, and each record is kept for good.
        progress = Progress(superseded=self._release.progress.superseded)
        self._happened(what, status=Status.SUBMITTED, auditid=auditid, progress=progress)
        self._end()

    def note_cancelled(self) -> Release | None:
        """The release, if it was cancelled while we worked on it, with what we did and could not write; else None.

        A commit has replaced the trial version, and an audit that was submitted is running, cancelled or not.
        """
        store = self._services.store
        stored = store.get(self._release.id)
        if stored is None or stored.release.status is not Status.CANCELLED:
            return None
        noted = stored.release.model_copy(update={"auditid": self._release.auditid or stored.release.auditid})
        for event in self._release.history:
            if event not in self._stored.release.history:
                noted = noted.changed(f"{event.what}, as it was being cancelled", self._services.now())
        if noted != stored.release:
            with suppress(RecordChanged, LeaseLost):
                store.save(stored, noted, lease=self.lease)
        return noted

    def wait_on(self) -> None:
        """A message came before the time: wait until then as before."""
        until = self.release.next_attempt_at
        self._end(Parking(until=until.timestamp()) if until else NOT_PARKED)

    def hold(self, scope: str, why: Pause) -> None:
        """The platform or the wave is paused: wait for its end, as if the step had not been started."""
        self._release = self._before
        self._wait(why, why.until, Parking(held=scope), self.release.progress)

    def wait_for_all(self, pause: Pause) -> None:
        """What the step met is everybody's trouble: wait with all others, and use up no attempt."""
        self._wait(pause, pause.until, Parking(held=Scope.ALL), self.release.progress)

    def stop(self, decision: Decision, quota: Quota | None) -> float | None:
        """Write what was decided after an error; returns the countdown of a short wait in seconds."""
        match decision:
            case Retry():
                return self._retry(decision)
            case AwaitQuota():
                self._await_quota(decision, quota)
            case PauseForAWhile(problem, delay_s):
                self._pause_until(problem, self._services.now() + timedelta(seconds=delay_s))
            case PausePlatform(problem, lacks_ticket):
                pause = Pause(**problem.model_dump())
                self._services.pauses.begin(Scope.ALL, pause)
                self._wait(pause, None, Parking(held=Scope.ALL), self.release.progress)
                if lacks_ticket and self._services.wechat.store.has_ticket():
                    # It came after the call and before the pause, so nothing else would end it.
                    self._services.pauses.lift_for_ticket()
            case Block(problem):
                self._happened(_told("blocked", problem), status=Status.BLOCKED, block=problem)
                self._end()
            case Fail(problem):
                self._happened(_told("failed", problem), status=Status.FAILED, failure=problem)
                self._end()
        return None

    def _retry(self, decision: Retry) -> float | None:
        problem, now = decision.problem, self._services.now()
        if decision.pause_s:
            asked_until = now + timedelta(seconds=decision.pause_s)
            self._services.timed_pauses.begin(_asked(problem), asked_until)
        until = now + timedelta(seconds=decision.delay_s)
        if decision.delay_s > LONGEST_COUNTDOWN_S:
            self._wait(problem, until, Parking(until=until.timestamp()), decision.progress)
            return None
        self._wait(problem, until, NOT_PARKED, decision.progress)
        return decision.delay_s

    def _await_quota(self, decision: AwaitQuota, quota: Quota | None) -> None:
        services, problem = self._services, decision.problem
        until = reset_at(decision.row, quota, services.now())
        if decision.is_platforms:
            self._pause_until(problem, until, more=problem.remedy)
        elif decision.row.scope is QuotaScope.SUBMISSIONS:
            services.pauses.begin(Scope.SUBMISSIONS, Pause(**problem.model_dump(), until=until))
            self._wait(problem, until, Parking(held=Scope.SUBMISSIONS), self.release.progress)
        else:
            until = spread_after(until, services.now(), services.random)
            self._wait(problem, until, Parking(until=until.timestamp()), self.release.progress)

    def _pause_until(self, problem: Problem, until: datetime, *, more: str = "") -> None:
        """All releases wait until then, this one with them."""
        pause = self._services.timed_pauses.begin(problem, until, more=more)
        # Where a person paused the platform, this one waits for that person, too.
        self._wait(
            pause or problem, pause.until if pause else None, Parking(held=Scope.ALL), self.release.progress
        )

    def _wait(self, problem: Problem, until: datetime | None, parking: Parking, progress: Progress) -> None:
        problem = problem.model_copy(update={"step": self.release.step})
        self._happened(
            _told("waiting", problem),
            status=Status.WAITING,
            wait=Problem(**problem.model_dump(include=set(Problem.model_fields))),
            next_attempt_at=until,
            progress=progress.model_copy(update={"held": parking.held or ""}),
        )
        self._end(parking)

    def _intends_first(self) -> bool:
        """Whether the step begins by writing an intent: it has nothing to ask for before its call."""
        progress = self._release.progress
        match self._release.step:
            case Step.COMMIT_CODE:
                return progress.commit_at is None and not self.domains_are_old
            case Step.SUBMIT_AUDIT:
                return self.has_seen_trial and progress.submit_at is None and not progress.scans
        return False

    def _know(self, **facts: Any) -> None:
        self._change(progress=self._release.progress.model_copy(update=facts))

    def _remember(self, **facts: Any) -> None:
        self._know(**facts)
        self._write()

    def _happened(self, what: str, **fields: Any) -> None:
        self._release = self._release.changed(what, self._services.now(), **fields)

    def _change(self, **fields: Any) -> None:
        self._release = self._release.model_copy(update={"updated_at": self._services.now(), **fields})

    def _write(self) -> None:
        self._stored = self._services.store.save(
            self._stored, self._release, lease=self.lease, unless_paused=self._heeded
        )
        self._heeded = ()

    def _end(self, parking: Parking = NOT_PARKED) -> None:
        """Write for the last time; the lease ends with it."""
        self._stored = self._services.store.save(
            self._stored, self._release, lease=self.lease, end_lease=True, parking=parking
        )
        self.ended = True


def _told(outcome: str, problem: Problem) -> str:
    """The history says what, without the rid: the same wait repeated is one line."""
    why = problem.errmsg if problem.errcode is None else f"errcode {problem.errcode}"
    return f"{outcome}: {why}"


def _asked(problem: Problem) -> Problem:
    return problem.model_copy(update={"errmsg": f"{problem.errmsg}; it asked to be left alone (Retry-After)"})
