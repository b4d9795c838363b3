"""What is written when a step's call has failed: the policy has decided, this carries it out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from releases import remedies
from releases.problems import NotShownYet, StepBlocked, describe, going_on
from releases.record import Problem, Progress
from releases.scope import Scope
from releases.states import Step
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls
from releases.steps.failures.quota_resets import reset_at, spread_after
from releases.steps.failures.retry_policy import (
    AwaitQuota,
    Block,
    Decision,
    Fail,
    PauseForAWhile,
    PausePlatform,
    Retry,
    RetryPolicy,
    StepError,
    asked_s,
    is_unanswered,
)
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.outcomes import Run
from releases.store.pauses import Pause, Pauses
from wechat.component import COMPONENT_TOKEN_PATH
from wechat.errors import OwnerAway, Refused, WeChatError
from wechat.http.deadline import DeadlineExceeded
from wechat.mini_program import Quota

#: The errcode of a quota whose reset WeChat can be asked for, and that of a limit per minute.
_ASKABLE_QUOTA, _TOO_FAST = 45009, 45011


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """Stops attempts whose call failed. Safe to use from many threads."""

    policy: RetryPolicy
    pauses: Pauses
    timed_pauses: TimedPauses
    has_ticket: Callable[[], bool]
    forget_audit_quota: Callable[[], object]
    now: Callable[[], datetime]
    random: Callable[[], float]

    def stop(self, step: Step, run: Run, error: StepError) -> None:
        """Let the attempt wait, block or fail, as the error says."""
        attempt = run.attempt
        if self._waits_with_all(step, attempt, error):
            return
        decision = self.policy.decide(error, step, attempt.release.progress, self.random)
        quota = _ask_quota(run.mini_program, decision, error)
        match decision:
            case Retry():
                self._retry(attempt, decision)
            case AwaitQuota():
                self._await_quota(attempt, decision, quota)
            case PauseForAWhile(problem, delay_s, progress, outage):
                until = self.now() + timedelta(seconds=delay_s)
                more = problem.remedy if outage else ""
                self._pause_until(attempt, problem, until, more=more, progress=progress, outage=outage)
            case PausePlatform(problem, lacks_ticket):
                self._pause_platform(attempt, problem, lacks_ticket=lacks_ticket)
            case Block(problem):
                attempt.block(problem)
            case Fail(problem):
                attempt.fail(problem)

    def give_up_if_interrupted_for_ever(self, step: Step, attempt: Attempt) -> bool:
        """An attempt that always kills its worker must not go on for ever; True if it does not."""
        if attempt.release.progress.failures + 1 < self.policy.max_attempts:
            return False
        attempt.fail(_interrupted(step))
        return True

    def _waits_with_all(self, step: Step, attempt: Attempt, error: StepError) -> bool:
        """Whether no answer came because WeChat is out for all: the release waits with them."""
        if isinstance(error, StepBlocked | NotShownYet) or not is_unanswered(error):
            return False
        pause = self.timed_pauses.unanswered(
            attempt.release.id, describe(error, step), asked_s(error), by_owner=isinstance(error, OwnerAway)
        )
        if pause is None:
            return False
        attempt.wait_for(Scope.ALL, pause, pause.until)
        return True

    def _retry(self, attempt: Attempt, decision: Retry) -> None:
        now = self.now()
        if decision.pause_s:
            asked = f"{decision.problem.errmsg}; it asked to be left alone (Retry-After)"
            problem = decision.problem.model_copy(update={"errmsg": asked})
            self.timed_pauses.begin(problem, now + timedelta(seconds=decision.pause_s))
        why = going_on(decision.problem)
        attempt.wait_until(now + timedelta(seconds=decision.delay_s), why, decision.progress)

    def _await_quota(self, attempt: Attempt, decision: AwaitQuota, quota: Quota | None) -> None:
        problem, now = decision.problem, self.now()
        until = reset_at(decision.row, quota, now)
        if decision.is_platforms:
            self._pause_until(attempt, problem, until, more=problem.remedy)
        elif decision.row.of_submissions:
            self.forget_audit_quota()
            why = going_on(problem)
            self.pauses.begin(Scope.SUBMISSIONS, Pause(**why.model_dump(), until=until))
            attempt.wait_for(Scope.SUBMISSIONS, why, until)
        else:
            at = spread_after(until, now, self.random)
            attempt.wait_until(at, going_on(problem), attempt.release.progress)

    def _pause_until(
        self,
        attempt: Attempt,
        problem: Problem,
        until: datetime,
        *,
        more: str = "",
        progress: Progress | None = None,
        outage: bool = False,
    ) -> None:
        """All releases wait until then, this one with them."""
        pause = self.timed_pauses.begin(problem, until, more=more, outage=int(outage))
        # Where a person paused the platform, this one waits for that person, too.
        why = pause or self.pauses.current(Scope.ALL) or problem
        attempt.wait_for(Scope.ALL, why, pause.until if pause else None, progress)

    def _pause_platform(self, attempt: Attempt, problem: Problem, *, lacks_ticket: bool) -> None:
        self.pauses.begin(Scope.ALL, Pause(**problem.model_dump()))
        attempt.wait_for(Scope.ALL, problem, None)
        if lacks_ticket and self.has_ticket():
            # It came after the call and before the pause, so nothing else would end it.
            self.pauses.lift_for_ticket()


def _ask_quota(mini_program: MiniProgramCalls, decision: Decision, error: Exception) -> Quota | None:
    """45009 may be a limit per minute; WeChat can be asked, and if it does not say, the day counts.

    After 45011 it is asked for the limit that all workers then keep.
    """
    if not isinstance(error, Refused):
        return None
    with suppress(WeChatError, DeadlineExceeded):
        # Asking takes the component's token, so that of the call that fetches it is not asked for.
        if error.errcode == _TOO_FAST and error.endpoint != COMPONENT_TOKEN_PATH:
            mini_program.learn_rate(error.endpoint)
        elif error.errcode == _ASKABLE_QUOTA and isinstance(decision, AwaitQuota):
            return mini_program.quota(error.endpoint) if error.endpoint.startswith("/wxa/") else None
    return None


def bug(step: Step, error: Exception) -> Problem:
    """What the record says of an error of ours."""
    return Problem(
        step=step,
        errmsg=f"unexpected {type(error).__name__}",
        remedy=remedies.BUG(),
    )


def _interrupted(step: Step) -> Problem:
    return Problem(
        step=step,
        errmsg="the worker died or lost Redis in the middle of this step, again and again",
        remedy=remedies.INTERRUPTED(),
    )
