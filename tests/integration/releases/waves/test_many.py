"""What is ordered for a wave of many: as with each, and in a few round trips to Redis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import redis
from celery import Celery

from db.database import Database
from releases.errors import ReleaseCancelled
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.reading import Reader
from releases.record import By, Release
from releases.scope import wave_scope
from releases.states import Status, Step
from releases.steps.live.hours import Hours
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.places import Lane, held
from releases.store.records import ReleaseStore
from tests.integration.conftest import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.integration.releases.waves.conftest import MakeOrders
from tests.support.examples import NOW, a_problem
from tests.support.invariants import broken
from tests.support.looks import Look
from tests.support.records import members

# Celery uses the older name of the command itself.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

ANNA = By(actor="web:anna", reason="wrong template")
MANY = 60
#: One by one it is ten for each.
FEW = 2 * MANY


@pytest.fixture
def wave(store: ReleaseStore, releases: Releases) -> list[Release]:
    return [
        one.release for one in Batch(store=store, releases=releases).enqueue(some_requests(MANY, wave="w"))
    ]


def stopped(store: ReleaseStore, wave: Sequence[Release]) -> None:
    for release in wave:
        brought_to(store, release, status=Status.BLOCKED, block=a_problem())


def waiting(client: redis.Redis, store: ReleaseStore, pauses: Pauses, wave: Sequence[Release]) -> None:
    scope = wave_scope("w")
    pauses.begin_by_hand(scope, "a brake", None)
    client.sadd(keys.WATCHED_WAVES, "w")
    for release in wave:
        stored = store.get(release.id)
        assert stored is not None
        after = stored.release.put_off(a_problem(), NOW, held=scope)
        store.save(stored, after, place=held(scope))


@pytest.mark.parametrize("order", ["cancel", "resume", "let go"])
def test_an_order_for_many_takes_a_few_round_trips_and_each_history_tells_it(
    order: str,
    wave: list[Release],
    orders: Orders,
    store: ReleaseStore,
    pauses: Pauses,
    reader: Reader,
    redis_client: redis.Redis,
) -> None:
    if order == "resume":
        stopped(store, wave)
    elif order == "let go":
        waiting(redis_client, store, pauses, wave)
    before: Any = redis_client.info("stats")

    (orders.cancel_wave if order == "cancel" else orders.resume_wave)("w", ANNA)

    after: Any = redis_client.info("stats")
    assert after["total_reads_processed"] - before["total_reads_processed"] < FEW
    told = [reader.get(release.id).history[-1] for release in wave]
    assert {(event.by, event.reason) for event in told} == {(ANNA.actor, ANNA.reason)}
    assert [one.what for one in reader.get(wave[0].id).history if one.by == ANNA.actor] == [told[0].what]
    assert broken(Look.at(redis_client)) == []


def test_many_that_are_resumed_are_fed_to_the_queue_as_it_empties(
    wave: list[Release], orders: Orders, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stopped(store, wave)

    orders.resume_wave("w", ANNA)

    assert sender.sent == []
    assert set(members(redis_client, keys.due(Lane.NEW))) == {release.id for release in wave}


def test_one_that_is_changed_at_that_moment_is_cancelled_as_well_and_one_that_has_gone_on_is_left(
    wave: list[Release],
    orders_within: MakeOrders,
    sender: Sender,
    pauses: Pauses,
    reader: Reader,
    redis_client: redis.Redis,
) -> None:
    class Overtaken(ReleaseStore):
        """Two are changed by workers after they were read."""

        def save_all(self, *args: Any, **named: Any) -> list[Release]:
            brought_to(self, wave[1], status=Status.RUNNING)
            brought_to(self, wave[2], status=Status.SUBMITTED, step=Step.SUBMIT_AUDIT, auditid=7)
            return super().save_all(*args, **named)

    store = Overtaken(Database(redis_client))
    releases = Releases(store=store, send=sender, pauses=pauses, now=lambda: NOW)

    orders_within(Hours(), releases).cancel_wave("w", ANNA)

    found = Counter(reader.get(release.id).status for release in wave)
    assert found == {Status.CANCELLED: MANY - 1, Status.SUBMITTED: 1}
    assert broken(Look.at(redis_client)) == []


def test_whoever_waits_for_one_of_many_that_are_cancelled_is_told(
    wave: list[Release],
    orders_within: MakeOrders,
    store: ReleaseStore,
    sender: Sender,
    pauses: Pauses,
    celery_app: Celery,
    redis_client: redis.Redis,
) -> None:
    # Given a client that waits, and one whose audit id is stored and whose publication is cancelled
    releases = Releases(store=store, send=sender, pauses=pauses, now=lambda: NOW)
    approved = brought_to(store, wave[0], status=Status.APPROVED, step=Step.SUBMIT_AUDIT, auditid=7)
    orders = orders_within(Hours(), releases)
    (published,) = orders.publish_wave("w", ANNA)
    client: Any = redis_client
    with client.pubsub(ignore_subscribe_messages=True) as waiting_for:
        waiting_for.subscribe(f"celery-task-meta-{wave[-1].id}")
        assert waiting_for.get_message(timeout=5) is None

        orders.cancel_wave("w", ANNA)

        message = waiting_for.get_message(timeout=5)
    assert message is not None
    assert message["data"] == redis_client.get(message["channel"])
    releases.cancel(approved.id, by=ANNA)  # what has succeeded stays as it is
    assert celery_app.backend.get_task_meta(approved.id, cache=False)["result"] == 7
    for handle in (published.publication_id, *(release.id for release in wave[1:])):
        assert redis_client.pttl(f"celery-task-meta-{handle}") > 0
        meta = celery_app.backend.get_task_meta(handle, cache=False)
        assert (meta["status"], type(meta["result"])) == ("FAILURE", ReleaseCancelled)
