"""The base class of the tasks: how a step's message becomes an attempt.

Safe to run twice, whatever the step: the lease keeps two runs apart, the record says whether the step
is done already, and only the holder of the lease writes or raises.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, cast

import redis
from celery import Task, signature
from celery.exceptions import Ignore, Reject
from kombu.exceptions import OperationalError

from tasks.admission import Admission, admit
from tasks.attempt import Attempt
from tasks.errors import (
    InvalidRequest,
    ReleaseBlocked,
    ReleaseCancelled,
    ReleaseConflict,
    ReleaseFailed,
    UnknownRelease,
)
from tasks.lease import Busy, Held
from tasks.log_context import bind_release, bind_step
from tasks.names import Status, Step
from tasks.policy import AwaitQuota, Decision, Fail
from tasks.record import Problem, Release
from tasks.redis_away import is_away
from tasks.scope import scopes_of
from tasks.services import ReleaseApp, Services
from tasks.shown import Parked, Waits, why
from tasks.stops import StepBlocked
from tasks.store import LeaseLost, RecordChanged
from wechat.deadline import Deadline, DeadlineExceeded
from wechat.errors import Refused, WeChatError
from wechat.mini_program import MiniProgram, Quota
from wechat.pace import urgent_calls

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    BaseTask = Task[..., Any]
else:
    BaseTask = Task

#: What a step does: it gets the Mini Program and the attempt, and tells the attempt how it went.
Work = Callable[[MiniProgram, Attempt, Services], None]

#: While somebody else holds the lease, a message comes back after so many seconds at the most.
_BUSY_WAIT_S = 2.0
#: A message that goes back because Redis is away goes back after so many seconds.
_REDIS_AWAY_PAUSE_S = 1.0
#: The errcode of a quota whose reset WeChat can be asked for, and that of a limit per minute.
_ASKABLE_QUOTA, _TOO_FAST = 45009, 45011


class ReleaseTask(BaseTask):
    """A task that gets its collaborators from the app that runs it."""

    abstract = True
    max_retries = None  # the policy decides, not Celery's default of 3
    Request = "tasks.shown:ShownRequest"
    throws = (
        ReleaseBlocked,
        ReleaseFailed,
        ReleaseCancelled,
        InvalidRequest,
        ReleaseConflict,
        UnknownRelease,
    )

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """As Celery's own in a worker, but an argument that is named `self` reaches the task, which refuses it."""
        return self.run(*args, **kwargs)

    @property
    def services(self) -> Services:
        """Built once per process."""
        return cast("ReleaseApp", self.app).services

    @contextmanager
    def redis_needed(self) -> Iterator[None]:
        """When Redis is away we stop and do not guess: the message goes back to the queue.

        Celery itself would acknowledge the message of a task that fails because it could not reach Redis, and
        drops that of a task whose retry could not be sent (`Task.retry` raises Reject without requeue).
        """
        try:
            yield
        except (redis.RedisError, OperationalError, Reject) as error:
            if not is_away(error):
                raise
            log.warning("Redis is away (%s); the message goes back to the queue", type(error).__name__)
            # Not at once: a Redis that answers with errors would get it back in a tight loop.
            time.sleep(_REDIS_AWAY_PAUSE_S)
            raise Reject(type(error).__name__, requeue=True) from None

    def continue_chain(self) -> None:
        """Send the chain's next message, inside the task.

        Celery sends it after the task, where a Redis that is away for a moment makes the task a failure and its
        message acknowledged: the release would stand still at its next step.
        """
        following = cast("list[Any] | None", self.request.chain)
        if following:
            step = signature(following.pop(), app=self.app)
            step.apply_async(chain=following, parent_id=self.request.id, root_id=self.request.root_id)
            self.request.chain = None

    def run_step(self, step: Step, release_id: str, appid: str, work: Work) -> Release:
        """Run one attempt of a step; returns the release as it is afterwards."""
        bind_step(step, release_id, appid)
        with self.redis_needed():
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
            bind_release(held.stored.release)
            attempt = Attempt(self.services, held)
            try:
                release = self._admitted(step, appid, held, attempt, work, deadline)
                self.continue_chain()
            except LeaseLost:
                log.warning("release %s: the lease ran out, another attempt has begun", release_id)
                raise Ignore from None
            except RecordChanged:
                self._overtaken(attempt.release)
            else:
                return release
            finally:
                if not attempt.ended:
                    self.services.leases.end(appid, held.number)

    def _admitted(
        self, step: Step, appid: str, held: Held, attempt: Attempt, work: Work, deadline: Deadline
    ) -> Release:
        release = held.stored.release
        match admit(release, step, appid, self.services.now()):
            case Admission.DROP:
                log.info("release %s is at %s: a message for %s is dropped", release.id, release.step, step)
                raise Ignore
            case Admission.RAISE:
                raise release.error()
            case Admission.EARLY:
                attempt.wait_on()
                raise Parked(why(release))
            case Admission.PASS | Admission.RETURN:
                return release
            case Admission.RUN:
                with urgent_calls(release.urgent):
                    return self._run(step, held, attempt, work, deadline)

    def _run(self, step: Step, held: Held, attempt: Attempt, work: Work, deadline: Deadline) -> Release:
        for scope in scopes_of(step, attempt.release.wave):
            if scope in held.pauses and not attempt.release.passes(scope):
                attempt.hold(scope, held.pauses[scope])
                raise Parked(why(attempt.release))
        if held.stored.release.progress.resumed:
            # The failure before the resume may have been stored after the resume deleted it.
            self.services.results.forget(attempt.release.id)
        # An attempt that never ended: its worker died, or lost Redis. One that always kills its worker must not go on for ever.
        interrupted = held.stored.release.status is Status.RUNNING
        if interrupted and attempt.release.progress.failures + 1 >= self.services.policy.max_attempts:
            self._stop(attempt, Fail(_interrupted(step)), None)
        mini_program = self.services.wechat.mini_program(attempt.release.appid, deadline)
        try:
            attempt.start(interrupted=interrupted)
            work(mini_program, attempt, self.services)
        except (WeChatError, DeadlineExceeded, StepBlocked) as error:
            decision = self.services.policy.decide(
                error, step, attempt.release.progress, self.services.random
            )
            self._stop(attempt, decision, _ask_quota(mini_program, decision, error))
        except (redis.RedisError, OperationalError, LeaseLost, RecordChanged):
            raise
        except Exception as error:
            # A bug: loud in the log, and the record must not say `running` for ever.
            log.exception("release %s: %s failed unexpectedly", attempt.release.id, step)
            self._stop(attempt, Fail(_bug(step, error)), None)
        return attempt.release

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
        raise release.error() from None

    def _try_again(self, countdown_s: float, because: str) -> NoReturn:
        # Celery makes what is shown of a repetition's arguments anew from the arguments.
        shown: dict[str, Any] = {name: self.request.get(name) for name in ("argsrepr", "kwargsrepr")}
        raise self.retry(countdown=countdown_s, exc=Waits(because), **shown)

    def _overtaken(self, ours: Release) -> NoReturn:
        """Somebody else changed the record while we worked: a cancel, or a release that supersedes it."""
        stored = self.services.store.get(ours.id)
        if stored is not None and stored.release.status is Status.CANCELLED:
            raise stored.release.error() from None
        log.warning("release %s was changed while a step ran; the step's outcome is dropped", ours.id)
        raise Ignore from None


def _ask_quota(mini_program: MiniProgram, decision: Decision, error: Exception) -> Quota | None:
    """45009 may be a limit per minute; WeChat can be asked, and if it does not say, the day counts.

    After 45011 it is asked for the limit that all workers then keep.
    """
    if not isinstance(error, Refused):
        return None
    with suppress(WeChatError, DeadlineExceeded):
        if error.errcode == _TOO_FAST:
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
