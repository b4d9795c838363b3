"""A release's next step, run at once on the delivery of the one before it, instead of being sent as a message.

A message costs more than the bookkeeping of a step: Celery makes it, Redis keeps it twice, a worker takes and
acknowledges it. So a step that is done leaves the lease, and what it has not written yet, to the next one in the same
worker. The message stays unacknowledged meanwhile. If the worker dies, the release is due when its lease ends, and the
record says from where to go on. (docs/adr/0012)
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery.app.trace import fast_trace_task
from celery.worker import state

from releases.record import Release
from releases.steps.outcomes import Run
from tasks.chain import step_signature
from tasks.monitors import ShownRequest

log = logging.getLogger(__name__)

#: The one name in Celery's request dict by which a task finds its RunOn.
RUN_ON = "run_on"


def worker_goes_on() -> bool:
    """A worker that is told to end does what it is at, and leaves the rest to others."""
    return all(said is None or said is False for said in (state.should_stop, state.should_terminate))


@dataclass(slots=True)
class RunOn:
    """What a step finds of the one before it, and leaves to the one after it.

    `may_run_on` says whether there may be one after it; it holds nothing of the message.
    """

    run: Run | None = None
    following: tuple[Release, Run] | None = None
    may_run_on: Callable[[], bool] = worker_goes_on

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """In a pool's child there is none: the request is in the parent and would never hear of it."""
        return (type(None), ())


class StepRequest(ShownRequest):
    """A step as the worker sees it. A delivery is acknowledged when the last of the steps that run on it has ended.

    Each of them is a task of its own, with its id: monitors and logs tell of it as if a message had come.
    """

    def __init__(self, *args: Any, run: Run | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._run_on = RunOn(run)
        # A sender that does not know the task says that its result is wanted: the release's is stored by us.
        self.request_dict.update({RUN_ON: self._run_on, "ignore_result": True})
        # Celery makes a class of its own of this one, whose `on_success` does not call that of its base.
        ours: Any = self
        ours.on_success = self._go_on

    def revoked(self) -> bool:
        """Never: the message would be dropped, and the record say for ever that it goes on. A release is cancelled."""
        if self.id in state.revoked:
            state.revoked.discard(self.id)
            log.warning("the revoke of %s is ignored: cancel the release (tasks.cancel_release)", self.id)
        return False

    def acknowledge(self) -> None:
        """Not yet, if another step runs on this delivery."""
        if self._run_on.following is None:
            super().acknowledge()

    def _go_on(self, outcome: Any, **kwargs: Any) -> None:
        ours: Any = self
        # From now on it is Celery's. Ours holds the request, which would stay until the garbage collector comes by.
        del ours.on_success
        failed, *_ = outcome
        if failed:
            # Redis may refuse what comes after the step's own end; then the message goes back, and once.
            self._run_on.following = None
        self.on_success(outcome, **kwargs)
        if self._run_on.following is not None:
            self._next(*self._run_on.following).execute_here()

    def _next(self, release: Release, run: Run) -> StepRequest:
        app: Any = self.app
        signature: Any = step_signature(app, release.step, release)
        options = signature.options
        headers: dict[str, Any] = {
            "task": signature.task,
            "id": options["task_id"],
            "root_id": self.root_id or self.id,
            "parent_id": self.id,
            "argsrepr": options["argsrepr"],
            "kwargsrepr": options["kwargsrepr"],
        }
        return StepRequest(
            self.message,
            run=run,
            on_ack=self.on_ack,
            on_reject=self.on_reject,
            hostname=self.hostname,
            eventer=self.eventer,
            app=app,
            connection_errors=self.connection_errors,
            task=app.tasks[signature.task],
            body=(signature.args, {}, {}),
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
        )
        pid: Any = os.getpid()  # celery-types takes it for a text
        self.on_accepted(pid, time.monotonic())
        self.on_success(fast_trace_task(self.type, self.id, self.request_dict, self.body, None, None))
