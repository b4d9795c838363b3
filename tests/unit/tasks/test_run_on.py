import gc
import pickle
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.worker import state
from kombu import Message

from releases.states import Step
from tasks import steps  # noqa: F401 - importing the steps registers them
from tasks.run_on import RUN_ON, RunOn, StepRequest


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def request_of(app: Celery, acknowledged: list[Any]) -> StepRequest:
    """A step's message as a worker holds it, with the id 1."""
    task = app.tasks[Step.ENSURE_DOMAINS.task_name]
    headers = {"id": "1", "task": task.name}
    return StepRequest(
        Message(body="", headers=headers, delivery_info={}, properties={}),
        on_ack=lambda *_: acknowledged.append(1),
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
