import gc
import pickle
import weakref
from collections.abc import Iterator
from itertools import count
from typing import Any
from unittest.mock import ANY

import pytest
from celery import Celery
from celery.events.event import Event
from celery.events.state import State
from celery.utils.saferepr import saferepr
from celery.worker import state
from kombu import Message

from releases.states import Step
from tasks import steps  # noqa: F401 - importing the steps registers them
from tasks.interim import BUSY, DROPPED, Interim, Parked
from tasks.run_on import RUN_ON, RunOn, StepRequest


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


class Monitor:
    """What a monitor makes of the events of a worker: Celery's own state, as in Flower."""

    enabled = True

    def __init__(self) -> None:
        self._state: Any = State()
        self._count = count()

    def send(self, type: str, **fields: Any) -> None:  # noqa: A002 - the signature is Celery's
        tick = next(self._count)
        self._state.event(
            Event(type, hostname="here", clock=tick, timestamp=tick, local_received=tick, **fields)
        )

    def shown(self) -> tuple[str, Any]:
        """The state of the task with the id 1, and its result or error."""
        task = self._state.tasks["1"]
        return task.state, task.exception or task.result


def request_of(app: Celery, acknowledged: list[Any], monitor: Monitor | None = None) -> StepRequest:
    """A step's message as a worker holds it, with the id 1."""
    task = app.tasks[Step.ENSURE_DOMAINS.task_name]
    headers = {"id": "1", "task": task.name}
    return StepRequest(
        Message(body="", headers=headers, delivery_info={}, properties={}),
        on_ack=lambda *_: acknowledged.append(1),
        eventer=monitor,
        hostname="here",
        app=app,
        task=task,
        body=([], {}, {}),
        headers=headers,
        decoded=True,
    )


def test_a_step_is_never_revoked_whatever_the_workers_list_says() -> None:
    state.revoked.add("1")
    with Celery("test", set_as_current=False) as app:
        assert not request_of(app, []).revoked()
    assert "1" not in state.revoked


@pytest.mark.usefixtures("no_collector")
def test_a_request_that_is_done_waits_for_no_garbage_collector() -> None:
    acknowledged: list[Any] = []
    with Celery("test", set_as_current=False) as app:
        app.conf.task_acks_late = True
        request = request_of(app, acknowledged)
        seen = weakref.ref(request)
        request.on_success((0, "done", 0.1))
        del request
    assert acknowledged == [1]
    assert seen() is None


@pytest.mark.parametrize(
    ("interim", "shown"),
    [
        (Parked("errcode -1: busy -- waits until noon"), ("RETRY", "errcode -1: busy -- waits until noon")),
        (Parked("忙" * 2000), ("RETRY", ANY)),
        (DROPPED, ("REVOKED", None)),
        (BUSY, ("STARTED", None)),
    ],
)
def test_monitors_are_told_what_has_become_of_a_message(interim: Interim, shown: tuple[str, Any]) -> None:
    monitor = Monitor()
    with Celery("test", set_as_current=False) as app:
        run(app, monitor, interim)
        assert monitor.shown() == shown
        run(app, monitor, "added")
    assert monitor.shown()[0] == "SUCCESS"


@pytest.mark.parametrize("interim", [DROPPED, BUSY])
def test_a_message_that_comes_again_leaves_what_monitors_know_of_a_step_that_has_ended(
    interim: Interim,
) -> None:
    monitor = Monitor()
    with Celery("test", set_as_current=False) as app:
        run(app, monitor, "added")
        run(app, monitor, interim)
    assert monitor.shown() == ("SUCCESS", "'added'")


def test_a_step_that_waits_and_meets_anothers_work_is_shown_as_started_until_its_next_message() -> None:
    monitor = Monitor()
    with Celery("test", set_as_current=False) as app:
        run(app, monitor, Parked("errcode -1: busy -- waits until noon"))
        run(app, monitor, BUSY)
    assert monitor.shown()[0] == "STARTED"


def run(app: Celery, monitor: Monitor, returned: Any) -> None:
    """A message, from its arrival to what its task returned."""
    request = request_of(app, [], monitor)
    request.send_event("task-received", name=request.name)
    request.send_event("task-started")
    request.on_success((0, saferepr(returned, 1024), 0.1))


def test_in_a_pools_child_there_is_none() -> None:
    assert pickle.loads(pickle.dumps({RUN_ON: RunOn()})) == {RUN_ON: None}


@pytest.mark.parametrize("name", ["should_stop", "should_terminate"])
@pytest.mark.parametrize(
    ("said", "is_possible"), [(None, True), (False, True), (True, False), (0, False), (1, False)]
)
def test_nothing_runs_on_in_a_worker_that_ends(
    monkeypatch: pytest.MonkeyPatch, name: str, said: object, *, is_possible: bool
) -> None:
    # Celery keeps the exit code there, which may be 0.
    monkeypatch.setattr(state, name, said)
    assert RunOn().may_run_on() is is_possible
