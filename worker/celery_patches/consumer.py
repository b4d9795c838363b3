"""Celery's consumer, which hands back what it can't run instead of dropping it.

Celery drops an unknown task, a body that it can't decode and a message of no protocol, and logs each with its
whole body, which may hold a secret. Here each of them raises NotOurs, and the transport sets the message aside.

Not reported; goes when what is dropped can be kept (README.md, dropped).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from celery import Task, states
from celery.exceptions import InvalidTaskError, NotRegistered
from celery.worker.consumer import Consumer as CeleryConsumer

from worker.celery_patches.message_check import LONGEST_NAME, STEP_TASKS, check
from worker.celery_patches.set_aside import NotOurs

Strategy = Callable[..., Any]


class Consumer(CeleryConsumer):
    """Raises NotOurs where Celery would drop a message, and does not gossip.

    By gossip each worker reads the events of all others, for elections that nobody calls; there is no setting for it
    (https://github.com/celery/celery/issues/2566). Mingle stays on: where a
    worker does not consume because its clock is wrong, it finds a lost connection by what mingle left open.
    """

    strategies: dict[str, Strategy]

    def __init__(self, on_task_request: Callable[[Any], Any], **options: Any) -> None:
        quiet = {**options.pop("worker_options"), "without_gossip": True}
        super().__init__(on_task_request, worker_options=quiet, **options)

    def update_strategies(self) -> None:
        """Let each task's messages be checked before Celery reads them."""
        super().update_strategies()
        for name, strategy in list(self.strategies.items()):
            self.strategies[name] = _checked(self.app.tasks[name], strategy)

    def on_unknown_message(self, body: Any, message: Any) -> NoReturn:  # noqa: ARG002 - the signature is Celery's
        """A message without a task."""
        raise NotOurs("a message that names no task")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> NoReturn:  # noqa: ARG002
        """A task that this version does not know; whoever waits for its result hears of it."""
        name = exc.args[0]
        self._answer(message, NotRegistered(name))
        raise NotOurs(f"unknown task {_shown(name)}") from None

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> NoReturn:  # noqa: ARG002
        """A foreign schema, a bad type, a content type that is not accepted."""
        name = message.headers.get("task")
        why = str(exc) if isinstance(exc, InvalidTaskError) else type(exc).__name__
        # The id of a step's message may be a release's, whose record says how it stands.
        if name not in STEP_TASKS:
            self._answer(message, InvalidTaskError(why))
        raise NotOurs(f"invalid message for {_shown(name)}: {why}") from None

    def on_decode_error(self, message: Any, exc: Exception) -> NoReturn:
        """A body that can't be decoded."""
        raise NotOurs(
            f"undecodable body for {_shown(message.headers.get('task'))}: {type(exc).__name__}"
        ) from None

    def _answer(self, message: Any, error: Exception) -> None:
        task_id = message.headers.get("id")
        if isinstance(task_id, str) and 0 < len(task_id) <= LONGEST_NAME:
            self.app.backend.store_result(task_id, error, states.FAILURE)


def _checked(task: Task[..., Any], strategy: Strategy) -> Strategy:
    def checked(message: Any, body: Any, *rest: Any) -> Any:
        check(task, message.headers, message.payload)
        return strategy(message, body, *rest)

    return checked


def _shown(name: Any) -> str:
    """A name for a log line, whatever it is."""
    return ascii(name)[:80] if isinstance(name, str) else "no name"
