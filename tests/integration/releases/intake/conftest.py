"""A release at any point of its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from releases.intake.one import Releases
from releases.record import Release
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.releases.together import brought_to
from tests.support.examples import a_problem, a_request

One = Callable[..., Release]


@pytest.fixture
def one(releases: Releases, store: ReleaseStore) -> Callable[..., Release]:
    """A release brought to a state."""

    def _one(status: Status, step: Step = Step.SUBMIT_AUDIT, **state: Any) -> Release:
        found = releases.enqueue(a_request()).release
        given = {"auditid": 7, "status": status, "step": step, **state}
        if status in (Status.BLOCKED, Status.FAILED):
            given |= {"block" if status is Status.BLOCKED else "failure": a_problem(step=step)}
        return brought_to(store, found, **given)

    return _one


@pytest.fixture
def approved(one: Callable[..., Release]) -> Release:
    return one(Status.APPROVED)
