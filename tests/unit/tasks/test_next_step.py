import pickle

import pytest
from celery.worker import state

from tasks.next_step import NextStep


def test_in_a_pools_child_there_is_none() -> None:
    assert pickle.loads(pickle.dumps({"next_step": NextStep()})) == {"next_step": None}


@pytest.mark.parametrize("name", ["should_stop", "should_terminate"])
@pytest.mark.parametrize(
    ("said", "may_run"), [(None, True), (False, True), (True, False), (0, False), (1, False)]
)
def test_nothing_runs_on_in_a_worker_that_ends(
    monkeypatch: pytest.MonkeyPatch, name: str, said: object, *, may_run: bool
) -> None:
    # Celery keeps the exit code there, which may be 0.
    monkeypatch.setattr(state, name, said)
    assert NextStep().may_run is may_run
