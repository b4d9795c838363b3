"""The stored result of a release says what its record says, whoever stores last."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import redis
from celery import Celery

from releases.handles import Result
from releases.intake.one import Releases
from releases.record import Release
from releases.results import Outcomes
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tasks import steps
from tasks.stored_results import StoredResults
from tests.integration.conftest import NotedResults
from tests.integration.releases.together import brought_to
from tests.support.examples import a_problem, a_request

# Celery uses the older name of the command itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

REASON = a_problem(errcode=85018)


class Meanwhile(StoredResults):
    """Celery's results; something happens before the first of them is stored."""

    def __init__(self, app: Celery, client: redis.Redis) -> None:
        super().__init__(app, client)
        self.happens: list[Callable[[], object]] = []
        self.stored: list[str] = []

    def store(self, found: Mapping[str, Result]) -> bool:
        while self.happens:
            self.happens.pop()()
        self.stored += [type(outcome).__name__ for outcome in found.values()]
        return super().store(found)


class Blocking:
    """A step that blocks its release; something happens between its record and its result."""

    def __init__(self, app: Celery, store: ReleaseStore, client: redis.Redis) -> None:
        self._store = store
        self.results = Meanwhile(app, client)
        self._outcomes = Outcomes(store=store, results=self.results)

    def run(self, release: Release, meanwhile: Callable[[], object]) -> None:
        self.results.happens = [meanwhile]
        self._outcomes.ended(brought_to(self._store, release, status=Status.BLOCKED, block=REASON))


@pytest.fixture
def blocking(celery_app: Celery, store: ReleaseStore, redis_client: redis.Redis) -> Blocking:
    return Blocking(celery_app, store, redis_client)


@pytest.fixture
def release(releases: Releases) -> Release:
    return releases.enqueue(a_request()).release


def result_of(client: redis.Redis, release: Release) -> Any:
    """What a client of Celery reads: the name of what is raised, the audit id, or none."""
    found = json.loads(str(client.get(f"celery-task-meta-{release.id}") or "{}"))
    assert found.get("status") in (None, "SUCCESS", "FAILURE")
    return found["result"]["exc_type"] if found.get("status") == "FAILURE" else found.get("result")


def test_a_step_s_failure_is_stored_once(
    blocking: Blocking, release: Release, redis_client: redis.Redis
) -> None:
    blocking.run(release, lambda: None)
    assert result_of(redis_client, release) == "ReleaseBlocked"
    assert blocking.results.stored == ["ReleaseBlocked"]


def test_a_release_cancelled_before_its_failure_was_stored_raises_that_it_is_cancelled(
    blocking: Blocking, release: Release, store: ReleaseStore, redis_client: redis.Redis, releases: Releases
) -> None:
    blocking.run(release, lambda: releases.cancel(release.id))
    assert result_of(redis_client, release) == "ReleaseCancelled"


def test_a_release_resumed_before_its_failure_was_stored_is_waited_for_again(
    blocking: Blocking, release: Release, redis_client: redis.Redis, releases: Releases
) -> None:
    blocking.run(release, lambda: releases.resume(release.id))
    assert result_of(redis_client, release) is None


def test_a_release_submitted_before_an_older_failure_was_stored_returns_its_audit_id(
    blocking: Blocking, release: Release, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    blocking.run(
        release, lambda: brought_to(store, release, status=Status.SUBMITTED, block=None, auditid=2**60)
    )
    assert result_of(redis_client, release) == 2**60


def test_a_release_blocked_anew_before_its_older_failure_was_stored_raises_the_newer_one(
    blocking: Blocking, release: Release, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    newer = a_problem(errcode=85014)
    blocking.run(release, lambda: brought_to(store, release, block=newer))
    meta = json.loads(str(redis_client.get(f"celery-task-meta-{release.id}")))
    assert meta["result"]["exc_message"] == list(newer.arguments())


def test_what_happens_while_a_result_is_corrected_counts_as_well(
    store: ReleaseStore, release: Release
) -> None:
    class BlockedMeanwhile(NotedResults):
        def forget(self, *handles: str) -> None:
            super().forget(*handles)
            brought_to(store, release, status=Status.BLOCKED, block=REASON)

    results = BlockedMeanwhile()
    Outcomes(store=store, results=results).tell(release.id)
    assert results.forgotten == [release.id]
    assert results.failed == [(release.id, ("ReleaseBlocked", *REASON.arguments()))]


def test_a_result_that_went_to_another_server_than_the_records_is_stored_anew(
    celery_app: Celery, store: ReleaseStore, release: Release, redis_client: redis.Redis
) -> None:
    """As a master does that has been replaced: it takes results for some seconds more, and loses them."""

    class Elsewhere(StoredResults):
        """The database of the records has none of its results at first."""

        def _write(self, new: Mapping[str, Any]) -> None:
            super()._write({f"of-another-server-{key}" if is_replaced else key: new[key] for key in new})

    is_replaced = True
    outcomes = Outcomes(store=store, results=Elsewhere(celery_app, redis_client))
    outcomes.ended(brought_to(store, release, status=Status.SUBMITTED, auditid=7))
    assert store.untold(-1, 10) == [release.id]

    is_replaced = False
    outcomes.tell(release.id)

    assert result_of(redis_client, release) == 7
    assert store.untold(-1, 10) == []


def test_celery_itself_stores_nothing_of_a_step() -> None:
    assert [step for step in Step if not getattr(steps, step).ignore_result] == []
