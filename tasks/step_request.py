"""A step as the worker sees it: Celery's request, which can run the chain's next step on the same delivery."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from celery.app.trace import fast_trace_task
from celery.worker import state

from tasks.monitors import ShownRequest
from tasks.next_step import NextStep

log = logging.getLogger(__name__)


class StepRequest(ShownRequest):
    """A delivery is acknowledged when the last of the steps that run on it has ended.

    Each of them is a task of its own, with its id: monitors, logs and results tell of it as if a message had come.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next = NextStep()
        # Without headers of its own, a retry's message would be given all that Celery does not know.
        # And a sender that does not know the task says that its result is wanted: the release's is stored by us.
        self.request_dict.update(next_step=self._next, headers={}, ignore_result=True)
        # Celery makes a class of its own of this one, whose `on_success` does not call that of its base.
        ours: Any = self
        self._succeeded, ours.on_success = self.on_success, self._go_on

    def revoked(self) -> bool:
        """Never: the message would be dropped, and the record say for ever that it goes on. A release is cancelled."""
        if self.id in state.revoked:
            state.revoked.discard(self.id)
            log.warning("the revoke of %s is ignored: cancel the release (tasks.cancel_release)", self.id)
        return False

    def terminate(self, pool: Any, signal: Any = None) -> None:  # noqa: ARG002 - the signature is Celery's
        """Not either, while it runs."""
        self.revoked()

    def acknowledge(self) -> None:
        """Not yet, if another step runs on this delivery."""
        if self._next.signature is None:
            super().acknowledge()

    def _go_on(self, outcome: Any, **kwargs: Any) -> None:
        ours: Any = self
        succeeded = self._succeeded
        # They hold the request itself, which would stay with all that it has until the garbage collector comes by.
        del self._succeeded, ours.on_success
        failed, *_ = outcome
        if failed:
            # Redis may refuse what comes after the step's own end; then the message goes back, and once.
            self._next.signature = None
        succeeded(outcome, **kwargs)
        if self._next.signature is not None:
            self._following(self._next.signature).execute_here()

    def _following(self, signature: dict[str, Any]) -> StepRequest:
        app: Any = self.app
        options = signature["options"]
        headers: dict[str, Any] = {
            "task": signature["task"],
            "id": options["task_id"],
            "root_id": self.root_id or self.id,
            "parent_id": self.id,
            "argsrepr": options.get("argsrepr", ""),
            "kwargsrepr": options.get("kwargsrepr", ""),
            "retries": 0,
            "handed_on": self._next.run,
        }
        embed = {"callbacks": None, "errbacks": None, "chain": self._next.chain, "chord": None}
        return StepRequest(
            self.message,
            on_ack=self.on_ack,
            on_reject=self.on_reject,
            hostname=self.hostname,
            eventer=self.eventer,
            app=app,
            connection_errors=self.connection_errors,
            task=app.tasks[signature["task"]],
            body=(signature["args"], signature["kwargs"], embed),
            headers=headers,
            decoded=True,
        )

    def execute_here(self) -> None:
        """Do what the worker does with a message, and the pool with a task, in this thread."""
        state.task_reserved(self)
        self.send_event(
            "task-received",
            name=self.name,
            args=self.argsrepr,
            kwargs=self.kwargsrepr,
            root_id=self.root_id,
            parent_id=self.parent_id,
            retries=0,
            eta=None,
            expires=None,
        )
        pid: Any = os.getpid()  # celery-types takes it for a text
        self.on_accepted(pid, time.monotonic())
        self.on_success(fast_trace_task(self.type, self.id, self.request_dict, self.body, None, None))
