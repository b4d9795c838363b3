from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from releases.background.due import BATCH, CLAIM_S, ParkingLot
from releases.record import Release
from releases.scope import Scope
from releases.store import keys
from releases.store.known import Stored
from releases.store.pauses import Pause, Pauses
from releases.store.records import Parking, ReleaseStore
from tests.integration.conftest import Sender
from tests.integration.releases.store.test_records import created
from tests.support.examples import a_problem, a_release, a_request

DUE = Parking(until=1.0)


def parked(store: ReleaseStore, parking: Parking, n: int = 1) -> Stored:
    stored = created(store, a_release(a_request(appid=f"wx{n:016d}")))
    return store.save(stored, stored.release, parking=parking)


def let_claims_run_out(client: redis.Redis, stored: Stored) -> None:
    client.zincrby(keys.PARKED, -(CLAIM_S + 1), stored.release.id)


def test_a_due_release_is_sent_and_parked_no_more(
    lot: ParkingLot, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = parked(store, DUE)

    assert lot.bring_back() == 1

    assert sender.sent == [stored.release]
    assert redis_client.zcard(keys.PARKED) == 0


def test_one_that_is_not_due_stays(lot: ParkingLot, store: ReleaseStore, sender: Sender) -> None:
    parked(store, Parking(until=time.time() + 3600))

    assert lot.bring_back() == 0
    assert sender.sent == []


def test_a_save_without_parking_takes_it_out(lot: ParkingLot, store: ReleaseStore, sender: Sender) -> None:
    stored = parked(store, DUE)

    store.save(stored, stored.release)

    assert lot.bring_back() == 0


def test_a_message_that_was_sent_takes_its_release_out(
    lot: ParkingLot, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = parked(store, DUE)

    lot.send(stored.release, 1.0)

    assert sender.sent == [stored.release]
    assert redis_client.zcard(keys.PARKED) == 0


def test_a_message_that_could_not_be_sent_leaves_its_release_to_be_brought_back(
    lot: ParkingLot, store: ReleaseStore, sender: Sender
) -> None:
    stored = parked(store, DUE)
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        lot.send(stored.release, 1.0)
    sender.broken = False

    assert lot.bring_back() == 1
    assert sender.ids == [stored.release.id]


def test_two_lookers_at_once_send_each_release_once(
    lot: ParkingLot, store: ReleaseStore, sender: Sender
) -> None:
    ids = {parked(store, DUE, n).release.id for n in range(40)}
    together = threading.Barrier(2)

    def look() -> int:
        together.wait(10)
        return lot.bring_back()

    with ThreadPoolExecutor(2) as pool:
        brought = sum(pool.map(lambda _: look(), range(2)))

    assert brought == 40
    assert sorted(sender.ids) == sorted(ids)


def test_a_batch_has_its_bound(
    lot: ParkingLot, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    redis_client.zadd(keys.PARKED, {f"id-{n}": 0 for n in range(BATCH + 3)})

    assert [lot.bring_back(), lot.bring_back(), lot.bring_back()] == [BATCH, 3, 0]


def test_a_claim_that_was_not_followed_up_comes_back_when_it_runs_out(
    lot: ParkingLot, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = parked(store, DUE)
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        lot.bring_back()
    sender.broken = False

    assert lot.bring_back() == 0  # claimed still
    let_claims_run_out(redis_client, stored)

    assert lot.bring_back() == 1
    assert sender.ids == [stored.release.id]


def test_one_parked_anew_while_its_message_was_sent_stays_parked(
    redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses
) -> None:
    later = time.time() + 3600

    def run_at_once(release: Release) -> None:
        stored = store.get(release.id)
        assert stored is not None
        store.save(stored, stored.release, parking=Parking(until=later))

    lot = ParkingLot(client=redis_client, releases=store, pauses=pauses, send=run_at_once, queue="releases")
    stored = parked(store, DUE)

    assert lot.bring_back() == 1

    assert redis_client.zscore(keys.PARKED, stored.release.id) == pytest.approx(later)


def test_an_id_without_a_record_is_forgotten(
    lot: ParkingLot, sender: Sender, redis_client: redis.Redis
) -> None:
    redis_client.zadd(keys.PARKED, {"nobody": 0})

    lot.bring_back()

    assert sender.sent == []
    assert redis_client.zcard(keys.PARKED) == 0


@pytest.mark.parametrize("scope", list(Scope))
def test_held_ones_stay_while_the_pause_lasts_and_come_when_it_is_lifted(
    scope: Scope, lot: ParkingLot, store: ReleaseStore, sender: Sender, pauses: Pauses
) -> None:
    pauses.begin(scope, Pause(**a_problem().model_dump()))
    stored = parked(store, Parking(held=scope))
    assert lot.bring_back() == 0

    pauses.lift(scope)

    assert lot.bring_back() == 1
    assert sender.ids == [stored.release.id]
    assert lot.bring_back() == 0


def test_held_ones_come_when_the_pause_expires(
    lot: ParkingLot,
    store: ReleaseStore,
    sender: Sender,
    pauses: Pauses,
    redis_client: redis.Redis,
) -> None:
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem().model_dump()))
    stored = parked(store, Parking(held=Scope.SUBMISSIONS))

    redis_client.pexpireat(keys.pause(Scope.SUBMISSIONS), 1)

    assert lot.bring_back() == 1
    assert sender.ids == [stored.release.id]


def test_one_held_after_the_pause_had_ended_is_not_forgotten(
    lot: ParkingLot, store: ReleaseStore, sender: Sender
) -> None:
    stored = parked(store, Parking(held=Scope.ALL))

    assert lot.bring_back() == 1
    assert sender.ids == [stored.release.id]


def test_the_end_of_one_pause_leaves_the_other_s_alone(
    lot: ParkingLot, store: ReleaseStore, sender: Sender, pauses: Pauses
) -> None:
    for scope in Scope:
        pauses.begin(scope, Pause(**a_problem().model_dump()))
    submission = parked(store, Parking(held=Scope.SUBMISSIONS), 1)
    parked(store, Parking(held=Scope.ALL), 2)

    pauses.lift(Scope.SUBMISSIONS)

    assert lot.bring_back() == 1
    assert sender.ids == [submission.release.id]


def test_moving_the_held_leaves_those_parked_until_a_time_alone(
    lot: ParkingLot, store: ReleaseStore, sender: Sender
) -> None:
    parked(store, Parking(until=time.time() + 3600), 1)
    held = parked(store, Parking(held=Scope.ALL), 2)

    lot.bring_back()

    assert sender.ids == [held.release.id]
