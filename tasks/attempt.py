"""One attempt at one step, under the lease: every write of the record that belongs to it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from tasks.lease import Held
from tasks.names import Status, Step
from tasks.parking import LONGEST_COUNTDOWN_S
from tasks.pauses import Pause
from tasks.policy import AwaitQuota, Block, Decision, Fail, PausePlatform, Retry
from tasks.quota import reset_at
from tasks.record import Problem, Progress, Release
from tasks.scope import Scope
from tasks.services import Services
from tasks.store import NOT_PARKED, LeaseLost, Parking, RecordChanged
from wechat.mini_program import Quota
from wechat.verdicts import QuotaScope

#: Releases whose quota resets at the same moment come back spread over so many seconds at the most.
_SPREAD_S = 60.0


class Attempt:
    """Writes what happens, as it happens. Implements `Intents`. Used by one thread."""

    def __init__(self, services: Services, held: Held) -> None:
        self._services = services
        self._stored = held.stored
        self._lease = held.number
        self.ended = False

    @property
    def release(self) -> Release:
        """The record as of our last write."""
        return self._stored.release

    def start(self, *, interrupted: bool) -> None:
        """The step is being worked on; an attempt before it that never ended counts as a failure."""
        release = self.release
        failures = release.progress.failures + (1 if interrupted else 0)
        attempts = {**release.attempts, release.step: release.attempts.get(release.step, 0) + 1}
        self._write(
            status=Status.RUNNING,
            attempts=attempts,
            wait=None,
            next_attempt_at=None,
            progress=release.progress.model_copy(update={"resumed": False, "held": "", "failures": failures}),
        )

    def commit(self, at: float) -> None:
        """A commit is about to be sent; the first time of a release counts."""
        self._remember(commit_at=self.release.progress.commit_at or at)

    def submit(self, at: float) -> None:
        """A submission is about to be sent."""
        self._remember(submit_at=at)

    def forget_submission(self) -> None:
        """WeChat refused the submission for certain."""
        self._remember(submit_at=None)

    def done(self, following: Step, what: str) -> None:
        """The step is done; the next one is queued."""
        after = self.release.changed(what, self._services.now())
        self._end(
            after, step=following, status=Status.QUEUED, progress=after.progress.fresh(), next_attempt_at=None
        )

    def submitted(self, auditid: int, what: str) -> None:
        """The release has its audit id."""
        after = self.release.changed(what, self._services.now())
        # What the steps had to remember is needed no more, and each record is kept for good.
        progress = Progress(superseded=after.progress.superseded)
        try:
            self._end(after, status=Status.SUBMITTED, auditid=auditid, progress=progress)
        except RecordChanged:
            self._note_audit_of_cancelled(auditid, what)
            raise

    def _note_audit_of_cancelled(self, auditid: int, what: str) -> None:
        """A release that was cancelled while its submission was on its way keeps the audit id it got."""
        store = self._services.store
        stored = store.get(self.release.id)
        if stored is not None and stored.release.status is Status.CANCELLED:
            noted = stored.release.changed(
                f"{what}, after it was cancelled", self._services.now(), auditid=auditid
            )
            with suppress(RecordChanged, LeaseLost):
                store.save(stored, noted, lease=self._lease)

    def wait_on(self) -> None:
        """A message came before the time: wait until then as before."""
        until = self.release.next_attempt_at
        self._end(self.release, parking=Parking(until=until.timestamp()) if until else NOT_PARKED)

    def hold(self, scope: str, why: Pause) -> None:
        """The platform or the wave is paused: wait for its end, without a call."""
        self._wait(why, why.until, Parking(held=scope), self.release.progress)

    def stop(self, decision: Decision, quota: Quota | None) -> float | None:
        """Write what was decided after an error; returns the countdown of a short wait in seconds."""
        match decision:
            case Retry(problem, delay_s, progress):
                return self._retry(problem, delay_s, progress)
            case AwaitQuota():
                self._await_quota(decision, quota)
            case PausePlatform(problem, lacks_ticket):
                pause = Pause(**problem.model_dump())
                self._services.pauses.begin(Scope.ALL, pause)
                self.hold(Scope.ALL, pause)
                if lacks_ticket and self._services.wechat.store.has_ticket():
                    # It came after the call and before the pause, so nothing else would end it.
                    self._services.pauses.lift_unless_by_hand(Scope.ALL)
            case Block(problem):
                self._end(self._told("blocked", problem), status=Status.BLOCKED, block=problem)
            case Fail(problem):
                self._end(self._told("failed", problem), status=Status.FAILED, failure=problem)
        return None

    def _retry(self, problem: Problem, delay_s: float, progress: Progress) -> float | None:
        until = self._services.now() + timedelta(seconds=delay_s)
        if delay_s > LONGEST_COUNTDOWN_S:
            self._wait(problem, until, Parking(until=until.timestamp()), progress)
            return None
        self._wait(problem, until, NOT_PARKED, progress)
        return delay_s

    def _await_quota(self, decision: AwaitQuota, quota: Quota | None) -> None:
        services, problem = self._services, decision.problem
        until = reset_at(decision.row, quota, services.now())
        if decision.row.scope is QuotaScope.SUBMISSIONS:
            services.pauses.begin(Scope.SUBMISSIONS, Pause(**problem.model_dump(), until=until))
            self._wait(problem, until, Parking(held=Scope.SUBMISSIONS), self.release.progress)
            return
        spread_s = min(_SPREAD_S, (until - services.now()).total_seconds() / 10)
        until += timedelta(seconds=spread_s * services.random())
        self._wait(problem, until, Parking(until=until.timestamp()), self.release.progress)

    def _wait(self, problem: Problem, until: datetime | None, parking: Parking, progress: Progress) -> None:
        problem = problem.model_copy(update={"step": self.release.step})
        self._end(
            self._told("waiting", problem),
            parking=parking,
            status=Status.WAITING,
            wait=Problem(**problem.model_dump(include=set(Problem.model_fields))),
            next_attempt_at=until,
            progress=progress.model_copy(update={"held": parking.held or ""}),
        )

    def _told(self, outcome: str, problem: Problem) -> Release:
        """The history says what, without the rid: the same wait repeated is one line."""
        why = problem.errmsg if problem.errcode is None else f"errcode {problem.errcode}"
        return self.release.changed(f"{outcome}: {why}", self._services.now())

    def _remember(self, **facts: Any) -> None:
        self._write(progress=self.release.progress.model_copy(update=facts))

    def _write(self, **fields: Any) -> None:
        after = self.release.model_copy(update={"updated_at": self._services.now(), **fields})
        self._stored = self._services.store.save(self._stored, after, lease=self._lease)

    def _end(self, after: Release, *, parking: Parking = NOT_PARKED, **fields: Any) -> None:
        """Write for the last time; the lease ends with it."""
        after = after.model_copy(update=fields)
        self._stored = self._services.store.save(
            self._stored, after, lease=self._lease, end_lease=True, parking=parking
        )
        self.ended = True
