"""Celery's `revoke` and what a release makes of it, asked of the store that holds the releases."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state as worker_state

from releases.states import Step
from releases.store.records import ReleaseStore
from tests.support.examples import a_release
from tests.support.records import created
from worker.celery_patches.remote_control import revoke, terminate


@pytest.fixture
def asked(store: ReleaseStore) -> Any:
    """What a remote control command is given."""
    reqs = SimpleNamespace(app=SimpleNamespace(services=SimpleNamespace(store=store)), hostname="here")
    reqs.consumer = SimpleNamespace(controller=SimpleNamespace(), pool=None)
    yield reqs
    worker_state.revoked.clear()


@pytest.mark.parametrize("step", [f":{Step.ENSURE_DOMAINS}", f":{Step.COMMIT_CODE}", ""])
@pytest.mark.parametrize("way", [revoke, lambda state, ids: terminate(state, "TERM", ids)])
def test_a_releases_task_is_not_revoked(asked: Any, store: ReleaseStore, step: str, way: Any) -> None:
    release = created(store, a_release()).release
    said = way(asked, [f"{release.id}{step}"])

    assert "tasks.cancel_release" in said["error"]
    assert release.id in said["error"]
    assert not list(worker_state.revoked)


def test_another_task_is_revoked_and_the_release_beside_it_is_not(asked: Any, store: ReleaseStore) -> None:
    release = created(store, a_release()).release
    assert "error" in revoke(asked, [release.id, "somebody-elses"])
    assert list(worker_state.revoked) == ["somebody-elses"]
