"""The stored result of a release says what its record says: one script writes both, as Celery would write a result."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from celery import Celery, states

from db.database import Database
from releases.errors import ReleaseBlocked
from releases.handles import Result, outcomes
from releases.intake.one import Releases
from releases.record import Progress, Release
from releases.results import EXPIRES_S, PREFIX
from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.known import Stored
from releases.store.records import ReleaseStore
from tasks import steps
from tests.integration.releases.together import brought_to
from tests.support.examples import NOW, a_problem, a_request
from tests.support.stored_results import StoredResults

# Celery uses the older name of the command itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

REASON = a_problem(errcode=85018)
SUBMITTED = {"status": Status.SUBMITTED, "step": Step.SUBMIT_AUDIT, "auditid": 2**60}
LIVE = {
    "status": Status.LIVE,
    "auditid": 7,
    "progress": Progress(orders=2),
    "publication": Publication(ordered_at=NOW, released_at=NOW, verified_at=NOW),
}


@pytest.fixture
def release(releases: Releases) -> Release:
    return releases.enqueue(a_request()).release


class Overtaken(ReleaseStore):
    """What is read is changed by somebody else before it is used; once."""

    meanwhile: Callable[[], object] | None = None

    def get_many(self, release_ids: Iterable[str]) -> Iterator[Stored | None]:
        found = list(super().get_many(release_ids))
        do, self.meanwhile = self.meanwhile, None
        if do is not None:
            do()
        return iter(found)


def test_a_client_of_celery_is_raised_why_a_release_is_blocked_and_told_its_audit_id(
    store: ReleaseStore, release: Release, celery_app: Celery
) -> None:
    brought_to(store, release, status=Status.BLOCKED, block=REASON)
    blocked = celery_app.backend.get_task_meta(release.id, cache=False)["result"]
    assert (type(blocked), blocked.args) == (ReleaseBlocked, REASON.arguments())

    brought_to(store, release, **SUBMITTED)
    assert celery_app.backend.get_task_meta(release.id, cache=False)["result"] == 2**60


@pytest.mark.parametrize(
    "fields", [{"status": Status.BLOCKED, "block": REASON}, {"status": Status.CANCELLED}, SUBMITTED, LIVE]
)
def test_a_result_is_what_celery_would_store(
    fields: dict[str, Any],
    store: ReleaseStore,
    release: Release,
    celery_app: Celery,
    redis_client: redis.Redis,
) -> None:
    found = brought_to(store, release, **fields)
    told: dict[str, Result] = {handle: one for handle, one in outcomes(found).items() if one is not None}
    assert told
    backend: Any = celery_app.backend
    for handle, outcome in told.items():
        key = PREFIX + handle
        assert backend.get_key_for_task(handle).decode() == key
        assert redis_client.ttl(key) in range(EXPIRES_S - 60, EXPIRES_S + 1)
        ours = json.loads(str(redis_client.get(key)))
        redis_client.delete(key)
        state = states.FAILURE if isinstance(outcome, Exception) else states.SUCCESS
        backend.store_result(handle, outcome, state)
        celerys = json.loads(str(redis_client.get(key)))
        assert datetime.fromisoformat(ours["date_done"]) == found.updated_at
        assert ours == celerys | {"date_done": ours["date_done"]}
        assert datetime.fromisoformat(celerys["date_done"]).tzinfo is UTC


def test_results_expire_as_all_others_of_the_app_do(celery_app: Celery) -> None:
    assert celery_app.conf.result_expires == EXPIRES_S


def test_whoever_waits_hears_of_it(store: ReleaseStore, release: Release, redis_client: redis.Redis) -> None:
    client: Any = redis_client
    with client.pubsub(ignore_subscribe_messages=True) as waiting:
        waiting.subscribe(PREFIX + release.id)
        assert waiting.get_message(timeout=5) is None

        brought_to(store, release, **SUBMITTED)

        message = waiting.get_message(timeout=5)
    assert message["data"] == redis_client.get(PREFIX + release.id)


def test_what_has_succeeded_stays_and_what_has_failed_says_the_newest(
    store: ReleaseStore, release: Release, releases: Releases, results: StoredResults
) -> None:
    brought_to(store, release, status=Status.FAILED, failure=REASON)
    brought_to(store, release, status=Status.BLOCKED, failure=None, block=REASON)
    assert results.failed == [(release.id, ("ReleaseBlocked", *REASON.arguments()))]

    brought_to(store, release, **SUBMITTED)
    releases.cancel(release.id)
    assert results.succeeded == [(release.id, 2**60)]


def test_a_result_of_one_that_goes_on_again_is_waited_for(
    store: ReleaseStore, release: Release, releases: Releases, results: StoredResults
) -> None:
    brought_to(store, release, status=Status.BLOCKED, block=REASON)
    assert results.handles == [release.id]

    releases.resume(release.id)

    assert results.handles == []


def test_a_result_is_stored_again_as_the_newest_record_has_it(
    store: ReleaseStore, release: Release, results: StoredResults, redis_client: redis.Redis
) -> None:
    brought_to(store, release, status=Status.BLOCKED, block=REASON)
    results.expire()
    overtaken = Overtaken(Database(redis_client))
    overtaken.meanwhile = lambda: brought_to(store, release, **SUBMITTED)

    overtaken.tell(release.id)

    assert results.succeeded == [(release.id, 2**60)]


def test_nothing_is_stored_of_what_goes_on_or_is_nobody_s(
    store: ReleaseStore, release: Release, results: StoredResults
) -> None:
    store.tell(release.id, "nobody")
    assert results.handles == []


@pytest.mark.parametrize("junk", ["", "junk", "[1]", "7", '{"status": 7}'])
def test_what_others_wrote_in_its_place_keeps_no_record_from_being_written(
    junk: str, store: ReleaseStore, release: Release, results: StoredResults, redis_client: redis.Redis
) -> None:
    if junk:
        redis_client.set(PREFIX + release.id, junk)
    else:
        redis_client.lpush(PREFIX + release.id, "a list")

    brought_to(store, release, **SUBMITTED)

    assert results.succeeded == [(release.id, 2**60)]


def test_celery_itself_stores_nothing_of_a_step() -> None:
    assert [step for step in Step if not getattr(steps, step).ignore_result] == []
