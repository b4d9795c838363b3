from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from celery import Celery
from kombu import Connection
from releases.background.reconciler import OVERDUE_S, Reconciler

from releases.background.due import ParkingLot
from releases.scope import Scope
from releases.states import GOING_ON, Status
from releases.store import keys
from releases.store.known import Stored
from releases.store.records import Parking, ReleaseStore
from tasks.chain import send_chain
from tests.integration.conftest import Sender, a_reconciler
from tests.integration.releases.store.test_records import created
from tests.support.examples import NOW, a_release


@pytest.fixture
def reconciler(redis_client: redis.Redis) -> Reconciler:
    return a_reconciler(redis_client, every_s=3600)


def next_sweep(reconciler: Reconciler, client: redis.Redis) -> list[str]:
    """Sweep as if the time between two sweeps had passed."""
    client.delete("releases:reconciler")
    return reconciler.sweep()


def two_sweeps(reconciler: Reconciler, client: redis.Redis) -> list[str]:
    assert next_sweep(reconciler, client) == []
    return next_sweep(reconciler, client)


def a_stored(store: ReleaseStore, status: Status = Status.QUEUED, parking: Parking | None = None) -> Stored:
    stored = created(store, a_release())
    after = stored.release.model_copy(update={"status": status})
    return store.save(stored, after, parking=parking or Parking())


@pytest.mark.parametrize("status", GOING_ON)
def test_a_release_without_a_message_is_found_at_the_second_sweep_and_brought_back(
    status: Status,
    reconciler: Reconciler,
    store: ReleaseStore,
    redis_client: redis.Redis,
    lot: ParkingLot,
    sender: Sender,
) -> None:
    stored = a_stored(store, status)

    assert two_sweeps(reconciler, redis_client) == [stored.release.id]

    lot.bring_back()
    assert sender.ids == [stored.release.id]


@pytest.mark.parametrize("status", [status for status in Status if status not in GOING_ON])
def test_a_release_that_needs_no_message_is_left_alone(
    status: Status, reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    a_stored(store, status)

    assert two_sweeps(reconciler, redis_client) == []
    assert redis_client.zcard(keys.PARKED) == 0


@pytest.mark.parametrize("urgent", [False, True])
def test_a_release_with_its_message_in_a_queue_is_not_forgotten(
    urgent: bool, reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis, celery_app: Celery
) -> None:
    send_chain(celery_app, a_stored(store).release.model_copy(update={"urgent": urgent}))

    assert two_sweeps(reconciler, redis_client) == []


def test_a_release_with_its_message_taken_and_not_acknowledged_is_not_forgotten(
    reconciler: Reconciler,
    store: ReleaseStore,
    redis_client: redis.Redis,
    celery_app: Celery,
    redis_url: str,
) -> None:
    send_chain(celery_app, a_stored(store).release)
    with Connection(redis_url) as connection, connection.SimpleQueue("releases") as queue:
        message = queue.get(timeout=10)
        assert redis_client.llen("releases") == 0

        found = two_sweeps(reconciler, redis_client)
        message.ack()

    assert found == []


@pytest.mark.parametrize("parking", [Parking(until=5e9), *(Parking(held=scope) for scope in Scope)])
def test_a_parked_or_held_release_needs_no_message(
    parking: Parking, reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    a_stored(store, Status.WAITING, parking)

    assert two_sweeps(reconciler, redis_client) == []


def test_a_write_between_two_sweeps_says_that_somebody_works_on_it(
    reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    stored = a_stored(store)
    next_sweep(reconciler, redis_client)
    store.save(stored, stored.release.changed("committed", NOW))

    assert next_sweep(reconciler, redis_client) == []
    assert next_sweep(reconciler, redis_client) == [stored.release.id]


def test_only_one_worker_sweeps_at_a_time(
    reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    a_stored(store)
    other = a_reconciler(redis_client, every_s=3600)
    next_sweep(other, redis_client)

    other.sweep()

    assert redis_client.zcard(keys.PARKED) == 0


@pytest.mark.parametrize(("ago_s", "forgotten"), [(OVERDUE_S + 1, True), (OVERDUE_S - 1, False), (-5, False)])
def test_a_countdown_that_ran_out_in_a_worker_that_forgot_it_is_brought_back(
    ago_s: float, forgotten: bool, reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    # Given a waiting release whose message is unacknowledged
    stored = a_stored(store)
    due = NOW - timedelta(seconds=ago_s)
    after = stored.release.model_copy(update={"status": Status.WAITING, "next_attempt_at": due})
    store.save(stored, after)
    redis_client.hset(
        "unacked", "tag", json.dumps([json.dumps({"headers": {"id": after.id}}), "", "releases"])
    )

    assert two_sweeps(reconciler, redis_client) == ([after.id] if forgotten else [])


def test_whichever_worker_sweeps_next_knows_what_the_last_one_missed(
    reconciler: Reconciler, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    stored = a_stored(store)
    other = a_reconciler(redis_client, every_s=15)

    assert next_sweep(other, redis_client) == []
    assert next_sweep(reconciler, redis_client) == [stored.release.id]
