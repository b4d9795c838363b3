"""A step of a release, in one straight line: read, admit, run, write, and say what comes next.

Safe to run twice, whatever the step: the lease keeps two runs apart, the record says whether the step is done already,
and only the holder of the lease writes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import redis

from releases.problems import NotShownYet, StepBlocked, Undone
from releases.record import Release
from releases.states import GOING_ON, Status, Step
from releases.steps.admission import Admission, admit
from releases.steps.ahead import StandsBehind
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls
from releases.steps.failures.call_window import CallWindow
from releases.steps.failures.stopping import Stopping, bug
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.live.times import NotYet
from releases.steps.look import Look
from releases.steps.outcomes import (
    Arrived,
    Dropped,
    End,
    Looked,
    Next,
    Outcome,
    Rests,
    Reviewed,
    Run,
    Submitted,
    Waits,
)
from releases.steps.work import Work
from releases.store.leases import Busy, Leases
from releases.store.pauses import Paused
from releases.store.records import RECORDS_GONE, LeaseLost, RecordChanged, RecordGone, ReleaseStore
from wechat.errors import WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded

log = logging.getLogger(__name__)

#: The next step runs on the same lease while this share of its time is left: enough for a call that takes long.
_RUNS_ON_WITH = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Runs steps. Safe to use from many threads."""

    store: ReleaseStore
    leases: Leases
    work: Work
    stopping: Stopping
    timed_pauses: TimedPauses
    call_window: CallWindow
    mini_program: Callable[[str, Deadline], MiniProgramCalls]
    step_deadline_s: float
    now: Callable[[], datetime]

    def begin(
        self, step: Step, release_id: str, appid: str, may_run_on: Callable[[], bool]
    ) -> Run | Dropped | Busy:
        """Take the lease for a message, unless there is no such release or somebody works on the Mini Program."""
        # From before the lease begins, so that no call goes out after it has ended.
        deadline = Deadline(self.step_deadline_s)
        lease = self.leases.begin(release_id, appid)
        if lease is None:
            log.error("no release %s: the message is dropped", release_id)
            return Dropped()
        if isinstance(lease, Busy):
            log.info("%s is being worked on; release %s comes back", appid, release_id)
            return lease
        kind = Look if step is Step.WATCH_AUDIT else Attempt
        attempt = kind(lease, store=self.store, now=self.now)
        return Run(appid, attempt, self.mini_program(appid, deadline), deadline, may_run_on)

    def run(self, step: Step, run: Run) -> End:
        """Run the step of a message, or the next one on the same lease."""
        attempt, goes_on = run.attempt, False
        try:
            end = (None if attempt.has_started else self._admit(step, run)) or self._run(step, run)
            goes_on = isinstance(end, Next) and end.run is not None
        except LeaseLost:
            log.warning("release %s: the lease ran out, another attempt has begun", attempt.release.id)
            return Busy()
        except RecordChanged as changed:
            return _overtaken(attempt, changed)
        else:
            return end
        finally:
            if not (attempt.is_over or goes_on):
                self.leases.end(attempt.release.id, run.appid, attempt.lease)

    def _admit(self, step: Step, run: Run) -> End | None:
        """What the message means where the step is not to be worked on."""
        attempt, release = run.attempt, run.attempt.release
        match admit(release, step, run.appid, self.now()):
            case Admission.DROP:
                log.info("release %s is at %s: a message for %s is dropped", release.id, release.step, step)
                self._put_back(run)
                return Dropped()
            case Admission.REST:
                self._put_back(run)
                return Rests(release)
            case Admission.EARLY:
                attempt.wait_on()
                return Waits(attempt.release)
            case Admission.PASS:
                attempt.pass_on()
                return Next(attempt.release)
            case Admission.RUN:
                return None

    def _put_back(self, run: Run) -> None:
        """A message that means nothing moves nothing, nor does one that is told how it has ended.

        What waits behind another release looks again: that may have left under this lease, when this one did not stand where
        it is woken.
        """
        attempt, release = run.attempt, run.attempt.release
        if release.status not in GOING_ON:
            # A worker of an older version may have died before it stored the result.
            self.store.tell(release.id)
        attempt.is_over = True
        back = None if release.progress.behind else attempt.stood
        self.leases.end(release.id, run.appid, attempt.lease, back=back)

    def _run(self, step: Step, run: Run) -> End:
        attempt = run.attempt
        # An attempt that never ended: its worker died, or lost Redis.
        interrupted = attempt.release.status is Status.RUNNING
        if interrupted and self.stopping.give_up_if_interrupted_for_ever(step, attempt):
            return _ended(attempt)
        with self.call_window.calls_for(attempt.release.appid, urgent=attempt.release.urgent) as seen:
            try:
                return self._try(step, run)
            finally:
                if attempt.is_probe:
                    self.timed_pauses.tried(attempt.release.id, answered=bool(seen.answered))

    def _try(self, step: Step, run: Run) -> End:
        attempt = run.attempt
        try:
            attempt.start()
            outcome = self.work.do(step, run.mini_program, attempt)
        except Paused as paused:
            attempt.hold(paused.scope, paused.pause)
        except NotYet as early:
            attempt.not_yet(early.at, early.why)
        except StandsBehind as behind:
            attempt.wait_behind(behind.older, behind.problem)
        except Undone as undone:
            attempt.go_back(undone.step, undone.why, **undone.facts)
            # Without the others' text: what is shown of it is nowhere redacted.
            return Next(attempt.release, because=f"back to {undone.step}: what it did does not hold any more")
        except (WeChatError, DeadlineExceeded, StepBlocked, NotShownYet) as error:
            self.stopping.stop(step, run, error)
        except (redis.RedisError, LeaseLost, RecordChanged):
            raise
        except Exception as error:
            # A bug: loud in the log, and the record must not say `running` for ever.
            log.exception("release %s: %s failed unexpectedly", attempt.release.id, step)
            attempt.fail(bug(step, error))
        else:
            return self._finish(run, outcome)
        return _ended(attempt)

    def _finish(self, run: Run, outcome: Outcome) -> End:
        attempt = run.attempt
        match outcome:
            case Submitted(auditid, what):
                attempt.submitted(auditid, what)
                return Rests(attempt.release)
            case Reviewed(review, what) if isinstance(attempt, Look):
                attempt.reviewed(review, what)
                is_ordered = attempt.release.status is Status.QUEUED
                return Next(attempt.release) if is_ordered else Looked(attempt.release)
            case Arrived(status, what):
                attempt.arrived(status, what)
                return Rests(attempt.release)
        runs_on = run.deadline.has(self.step_deadline_s * _RUNS_ON_WITH) and run.may_run_on()
        attempt.done(outcome.what, runs_on=runs_on)
        return Next(attempt.release, run if runs_on else None)


def _ended(attempt: Attempt) -> Waits | Looked | Rests:
    """What comes after an attempt that was stopped; blocks and failures are what an operator looks for in the log."""
    release = attempt.release
    if release.status is Status.SUBMITTED:
        why = release.wait.errmsg if release.wait is not None else "the platform is paused"
        log.info("the audit of release %s could not be read: %s", release.id, why)
        return Looked(release)
    if release.status is Status.WAITING:
        log.info("release %s waits until %s", release.id, release.next_attempt_at or _end_of(release))
        return Waits(release)
    log.warning("release %s of %s is %s: %s", release.id, release.appid, release.status, release.error())
    return Rests(release)


def _end_of(release: Release) -> str:
    behind = release.progress.behind
    return f"release {behind} has left" if behind else "the platform goes on"


def _overtaken(attempt: Attempt, why: RecordChanged) -> Rests | Dropped:
    """Somebody else changed the record while we worked: a cancel, or a release that supersedes it."""
    if isinstance(why, RecordGone):
        log.error("release %s: its record is gone; %s", attempt.release.id, RECORDS_GONE)
        return Dropped()
    cancelled = attempt.note_cancelled()
    if cancelled is not None:
        return Rests(cancelled)
    log.warning("release %s was changed while a step ran; the step's outcome is dropped", attempt.release.id)
    return Dropped()
