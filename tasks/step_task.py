"""The base classes of the steps' tasks: how a step's message becomes an attempt, and what becomes of its result.

Safe to run twice, whatever the step: the lease keeps two runs apart, the record says whether the step
is done already, and only the holder of the lease writes or raises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, cast

import redis
from celery import signature
from celery.exceptions import Ignore
from kombu.exceptions import OperationalError

from releases.problems import StepBlocked, TrialReplaced, describe
from releases.record import Problem, Release
from releases.states import Status, Step
from releases.steps.admission import Admission, admit
from releases.steps.attempt import Attempt
from releases.steps.retry_policy import AwaitQuota, Decision, Fail, StepError, asked_s, is_unanswered
from releases.store.leases import Busy
from releases.store.pauses import Paused
from releases.store.records import RECORDS_GONE, LeaseLost, RecordChanged, RecordGone
from tasks.base import ReleaseTask
from tasks.chain import is_ours
from tasks.log_context import bind_release, bind_step
from tasks.monitors import Parked, Waits, why
from tasks.next_step import NextStep, Run
from tasks.redis_away import is_away, say_once, why_away
from tasks.services import Services
from wechat.component import COMPONENT_TOKEN_PATH
from wechat.errors import Refused, WeChatError
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.http.pace import urgent_calls
from wechat.mini_program import MiniProgram, Quota

log = logging.getLogger(__name__)

#: What a step does: it gets the Mini Program and the attempt, and tells the attempt how it went.
Work = Callable[[MiniProgram, Attempt, Services], None]

#: While somebody else holds the lease, a message comes back after so many seconds at the most.
_BUSY_WAIT_S = 2.0
#: The next step runs at once while this share of the time is left: enough for a call that takes long.
_RUNS_ON_WITH = 0.5
#: The errcode of a quota whose reset WeChat can be asked for, and that of a limit per minute.
_ASKABLE_QUOTA, _TOO_FAST = 45009, 45011


class StepTask(ReleaseTask):
    """A step. Celery stores nothing of it: the release has one result, which follows from its record."""

    abstract = True
    ignore_result = True
    Request = "tasks.step_request:StepRequest"

    def run_step(self, step: Step, release_id: str, appid: str, work: Work) -> Release:
        """Run one attempt of a step; returns the release as it is afterwards."""
        bind_step(step, release_id, appid)
        with self.redis_needed():
            handed_on = self.request.get("handed_on")
            # A message may have a header of this name, too.
            is_handed_on = isinstance(handed_on, Run)
            run = cast("Run", handed_on) if is_handed_on else self._begin(release_id, appid)
            attempt = run.attempt
            bind_release(attempt.release)
            try:
                if is_handed_on or self._is_admitted(step, appid, attempt):
                    self._run(step, run, work)
                self.continue_chain(run)
            except LeaseLost:
                log.warning("release %s: the lease ran out, another attempt has begun", release_id)
                raise Ignore from None
            except RecordChanged as changed:
                self._overtaken(attempt, changed)
            else:
                return attempt.release
            finally:
                if not (attempt.ended or attempt.goes_on):
                    self.services.leases.end(appid, attempt.lease)

    def continue_chain(self, run: Run) -> None:
        """Leave the chain's next step to be run at once, or send its message, inside the task.

        Celery sends it after the task, where a Redis that is away for a moment makes the task a failure and its
        message acknowledged: the release would stand still at its next step.
        """
        following = cast("list[dict[str, Any]] | None", self.request.chain)
        if not following:
            return
        step = following.pop()
        self.request.chain = None
        if run.attempt.goes_on:
            cast("NextStep", self.request.get("next_step")).give(step, following, run)
        else:
            signature(step, app=self.app).apply_async(
                chain=following, parent_id=self.request.id, root_id=self.request.root_id
            )

    def _may_run_on(self, deadline: Deadline, release: Release) -> bool:
        """Whether the next step may run at once: in a worker that goes on, with time for a call that takes long."""
        # Neither outside a worker, nor in a pool's child, is there one.
        next_step = cast("NextStep | None", self.request.get("next_step"))
        following = cast("list[dict[str, Any]] | None", self.request.chain)
        if next_step is None or not next_step.may_run or not following:
            return False
        # Anything else is for the queue: a message is looked at before it is run.
        if not is_ours(following[-1], release):
            return False
        return deadline.has(self.services.step_deadline_s * _RUNS_ON_WITH)

    def _begin(self, release_id: str, appid: str) -> Run:
        # From before the lease begins, so that no call goes out after it has ended.
        deadline = Deadline(self.services.step_deadline_s)
        held = self.services.leases.begin(release_id, appid)
        if held is None:
            log.error("no release %s: the message is dropped", release_id)
            raise Ignore
        if isinstance(held, Busy):
            wait_s = min(held.left_s, _BUSY_WAIT_S * (0.1 + self.services.random()))
            log.info("%s is being worked on; release %s waits %.1f s", appid, release_id, wait_s)
            self._try_again(wait_s, f"{appid} is being worked on")
        mini_program = self.services.wechat.mini_program(appid, deadline)
        return Run(Attempt(self.services, held), mini_program, deadline)

    def _is_admitted(self, step: Step, appid: str, attempt: Attempt) -> bool:
        """Whether the step is to be worked on; False if it is done already."""
        release = attempt.release
        match admit(release, step, appid, self.services.now()):
            case Admission.DROP if release.status is Status.SUBMITTED:
                # Its worker may have died before it stored the result.
                self._tell(release)
                raise Ignore
            case Admission.DROP:
                log.info("release %s is at %s: a message for %s is dropped", release.id, release.step, step)
                raise Ignore
            case Admission.RAISE:
                self._tell(release)
                raise release.error()
            case Admission.EARLY:
                attempt.wait_on()
                raise Parked(why(release))
            case Admission.RETURN:
                self._tell(release)
                return False
            case Admission.PASS:
                return False
            case Admission.RUN:
                return True

    def _run(self, step: Step, run: Run, work: Work) -> None:
        attempt = run.attempt
        if attempt.release.progress.resumed:
            # The failure before the resume may have been stored after the resume deleted it.
            self.services.results.forget(attempt.release.id)
        # An attempt that never ended: its worker died, or lost Redis. One that always kills its worker must not go on for ever.
        interrupted = attempt.release.status is Status.RUNNING
        if interrupted and attempt.release.progress.failures + 1 >= self.services.policy.max_attempts:
            self._stop(attempt, Fail(_interrupted(step)), None)
        with self.services.call_window.calls_for(attempt.release.appid) as seen:
            try:
                self._try(step, run, work, interrupted=interrupted)
            finally:
                if attempt.is_probe:
                    self.services.timed_pauses.tried(attempt.release.id, answered=bool(seen.answered))

    def _try(self, step: Step, run: Run, work: Work, *, interrupted: bool) -> None:
        attempt = run.attempt
        try:
            attempt.start(interrupted=interrupted, may_run_on=partial(self._may_run_on, run.deadline))
            with urgent_calls(attempt.release.urgent):
                work(run.mini_program, attempt, self.services)
        except Paused as paused:
            attempt.hold(paused.scope, paused.pause)
            raise Parked(why(attempt.release)) from None
        except TrialReplaced as replaced:
            attempt.commit_again(str(replaced))
            # Without the others' text: what is shown here is nowhere redacted.
            raise Parked("the trial version is somebody else's: back to the commit") from None
        except (WeChatError, DeadlineExceeded, StepBlocked) as error:
            self._wait_if_all_do(step, attempt, error)
            decision = self.services.policy.decide(
                error, step, attempt.release.progress, self.services.random
            )
            self._stop(attempt, decision, _ask_quota(run.mini_program, decision, error))
        except (redis.RedisError, OperationalError, LeaseLost, RecordChanged):
            raise
        except Exception as error:
            # A bug: loud in the log, and the record must not say `running` for ever.
            log.exception("release %s: %s failed unexpectedly", attempt.release.id, step)
            self._stop(attempt, Fail(_bug(step, error)), None)
        else:
            if attempt.release.status is Status.SUBMITTED:
                self._tell(attempt.release)

    def _wait_if_all_do(self, step: Step, attempt: Attempt, error: StepError) -> None:
        """Raise Parked where no answer came because WeChat is out for all: the release waits with them."""
        if isinstance(error, StepBlocked) or not is_unanswered(error):
            return
        release_id, problem = attempt.release.id, describe(error, step)
        pause = self.services.timed_pauses.unanswered(release_id, problem, asked_s(error))
        if pause is None:
            return
        attempt.wait_for_all(pause)
        log.warning("release %s: %s", release_id, why(attempt.release))
        raise Parked(why(attempt.release))

    def _stop(self, attempt: Attempt, decision: Decision, quota: Quota | None) -> NoReturn:
        countdown = attempt.stop(decision, quota)
        release = attempt.release
        if countdown is not None:
            self._try_again(countdown, why(release))
        if release.status is Status.WAITING:
            log.info(
                "release %s waits until %s", release.id, release.next_attempt_at or "the platform goes on"
            )
            raise Parked(why(release))
        # Blocks and failures are what an operator looks for, whatever the log level.
        log.warning("release %s of %s is %s: %s", release.id, release.appid, release.status, release.error())
        self._tell(release)
        raise release.error() from None

    def _tell(self, release: Release) -> None:
        """Store the release's result. Where Redis refuses, the record is at rest all the same: others will store it."""
        try:
            self.services.outcomes.ended(release)
        except (redis.RedisError, OperationalError) as error:
            if not is_away(error):
                raise
            say_once(log, why_away(error), "the release's result is stored later")

    def _try_again(self, countdown_s: float, because: str) -> NoReturn:
        # Celery makes what is shown of a repetition's arguments anew from the arguments.
        shown: dict[str, Any] = {name: self.request.get(name) for name in ("argsrepr", "kwargsrepr")}
        raise self.retry(countdown=countdown_s, exc=Waits(because), **shown)

    def _overtaken(self, attempt: Attempt, why: RecordChanged) -> NoReturn:
        """Somebody else changed the record while we worked: a cancel, or a release that supersedes it."""
        if isinstance(why, RecordGone):
            log.error("release %s: its record is gone; %s", attempt.release.id, RECORDS_GONE)
            raise Ignore from None
        cancelled = attempt.note_cancelled()
        if cancelled is not None:
            raise cancelled.error() from None
        log.warning(
            "release %s was changed while a step ran; the step's outcome is dropped", attempt.release.id
        )
        raise Ignore from None


def _ask_quota(mini_program: MiniProgram, decision: Decision, error: Exception) -> Quota | None:
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


def _bug(step: Step, error: Exception) -> Problem:
    return Problem(
        step=step,
        errmsg=f"unexpected {type(error).__name__}",
        remedy="This is a bug: the worker's log has the traceback. Report it; then resume the release.",
    )


def _interrupted(step: Step) -> Problem:
    return Problem(
        step=step,
        errmsg="the worker died or lost Redis in the middle of this step, again and again",
        remedy="See what ends the workers or cuts them off (memory, deployments, Redis); then resume the release: it asks what happened first.",
    )
