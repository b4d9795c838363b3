"""Celery's consumer, which hands back what it can't run instead of dropping it.

Celery drops an unknown task, a body that it can't decode and a message of no protocol, and logs each with its
whole body, which may hold a secret. Here each of them raises NotOurs, and the transport sets the message aside.

And where Redis refuses for now Celery's consumer begins anew, by `broker_channel_error_retry`. But it would do so at once, for
any error answer, and not say why.

Not reported; goes when what is dropped can be kept (README.md, dropped, refused).
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, cast

from billiard.einfo import ExceptionInfo
from celery import Task, states
from celery.app.trace import TraceInfo, trace_ok_t
from celery.exceptions import InvalidTaskError, NotRegistered, Reject, WorkerShutdown
from celery.worker.consumer import Consumer as CeleryConsumer

from releases.handles import release_of
from tasks.redis_away import NO_CLUSTER, PAUSE_S, is_away, is_cluster, say_once, why_away
from tasks.services import ReleaseApp
from worker.celery_patches.message_check import LONGEST_NAME, STEP_TASKS, check, ids_behind
from worker.celery_patches.set_aside import NotOurs

log = logging.getLogger(__name__)

Strategy = Callable[..., Any]


class Consumer(CeleryConsumer):
    """Raises NotOurs where Celery would drop a message, and does not gossip.

    By gossip each worker reads the events of all others, for elections that nobody calls; there is no setting for it
    (https://github.com/celery/celery/issues/2566).
    """

    strategies: dict[str, Strategy]
    connection_errors: tuple[type[Exception], ...]

    def __init__(self, on_task_request: Callable[[Any], Any], **options: Any) -> None:
        quiet = {**options.pop("worker_options"), "without_gossip": True}
        super().__init__(on_task_request, worker_options=quiet, **options)

    def update_strategies(self) -> None:
        """Let each task's messages be checked before Celery reads them; Celery's own tasks are for nobody."""
        super().update_strategies()
        for name, strategy in list(self.strategies.items()):
            if name.startswith("celery."):
                del self.strategies[name]
                continue
            task: Any = self.app.tasks[name]
            self.strategies[name] = _checked(task, strategy)
            task.__trace__ = _answered(task.__trace__)

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """The consumer begins anew."""
        if not self._was_refused(exc):
            super().on_connection_error_before_connected(exc)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """The consumer lets go of the connection, and begins anew."""
        if not self._was_refused(exc):
            super().on_connection_error_after_connected(exc)
            return
        connection: Any = self.connection
        with suppress(Exception):
            connection.collect()

    def on_unknown_message(self, body: Any, message: Any) -> NoReturn:  # noqa: ARG002 - the signature is Celery's
        """A message without a task."""
        raise NotOurs("a message that names no task")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> NoReturn:  # noqa: ARG002
        """A task that this version does not know; whoever waits for its result hears of it."""
        name = exc.args[0]
        self._answer(message.headers.get("id"), NotRegistered(name))
        raise NotOurs(f"unknown task {_shown(name)}") from None

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> NoReturn:  # noqa: ARG002
        """A foreign schema, a bad type, a content type that is not accepted."""
        name = message.headers.get("task")
        why = str(exc) if isinstance(exc, InvalidTaskError) else type(exc).__name__
        # The id of a step's message may be a release's, whose record says how it stands.
        if name not in STEP_TASKS:
            behind = ids_behind(message.payload) if isinstance(exc, InvalidTaskError) else ()
            for task_id in (message.headers.get("id"), *behind):
                self._answer(task_id, InvalidTaskError(why))
        raise NotOurs(f"invalid message for {_shown(name)}: {why}") from None

    def on_decode_error(self, message: Any, exc: Exception) -> NoReturn:
        """A body that can't be decoded."""
        raise NotOurs(
            f"undecodable body for {_shown(message.headers.get('task'))}: {type(exc).__name__}"
        ) from None

    def _answer(self, task_id: Any, error: Exception) -> None:
        if isinstance(task_id, str) and 0 < len(task_id) <= LONGEST_NAME:
            self.app.backend.store_result(task_id, error, states.FAILURE)
            # Where that was a release's id, its record says how it stands.
            cast("ReleaseApp", self.app).services.store.tell(release_of(task_id))

    def _was_refused(self, error: Exception) -> bool:
        """Whether Redis has answered that it does not serve us for now: that is told once, and waited for.

        Raises what no waiting mends.
        """
        if isinstance(error, self.connection_errors):
            return False
        if is_cluster(error):
            log.critical("this worker ends: %s", NO_CLUSTER)
            raise WorkerShutdown(1) from None
        if not is_away(error):
            raise error
        say_once(log, why_away(error), "no message is taken until it serves again")
        time.sleep(PAUSE_S)
        return True


def _checked(task: Task[..., Any], strategy: Strategy) -> Strategy:
    def checked(message: Any, body: Any, *rest: Any) -> Any:
        message.headers = check(task, message.headers, message.payload)
        return strategy(message, body, *rest)

    return checked


def _answered(trace: Callable[..., Any]) -> Callable[..., Any]:
    """Let whatever comes out of Celery's tracing become an answer of the pool.

    The pool of threads would drop an error, and nobody hear of the message again: its slot would be lost for good.
    https://github.com/celery/celery/issues/5642 (for other pools it was mended)
    """

    def answered(*args: Any, **kwargs: Any) -> Any:
        try:
            return trace(*args, **kwargs)
        except Exception as error:
            reject = error if isinstance(error, Reject) else Reject(type(error).__name__)
            if reject is not error:
                log.exception("a task's end could not be told")
            told = ExceptionInfo((Reject, reject, sys.exc_info()[2]), internal=True)
            return trace_ok_t(told, TraceInfo(states.REJECTED, reject), 0.0, None)

    return answered


def _shown(name: Any) -> str:
    """A name for a log line, whatever it is."""
    return ascii(name)[:80] if isinstance(name, str) else "no name"
