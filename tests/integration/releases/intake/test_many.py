from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.background.due import BATCH, FED_UP_TO, SLACK_S, Due
from releases.errors import InvalidRequest
from releases.intake.many import Batch, Conflicts
from releases.intake.one import Releases
from releases.record import Release
from releases.request import ReleaseRequest
from releases.states import Status
from releases.store import keys
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from tests.integration.conftest import Sender
from tests.support.examples import a_request
from tests.support.records import everything, members
from tests.support.stored_results import StoredResults


@pytest.fixture
def batch(store: ReleaseStore, releases: Releases) -> Batch:
    return Batch(store=store, releases=releases)


def some_requests(number: int, **different: Any) -> list[ReleaseRequest]:
    return [a_request(appid=f"wx{serial:016x}", **different) for serial in range(number)]


def test_all_are_written_and_none_is_sent_by_the_one_who_enqueues(
    batch: Batch, store: ReleaseStore, sender: Sender
) -> None:
    enqueued = batch.enqueue(some_requests(3, wave="spring"))

    assert [one.created for one in enqueued] == [True] * 3
    assert [release.appid for release in store.find(wave="spring")] == [one.release.appid for one in enqueued]
    assert store.wave_tally("spring").counts["queued"] == 3
    assert sender.sent == []


def test_the_feeder_sends_what_was_written(
    batch: Batch, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    enqueued = batch.enqueue(some_requests(3))

    assert due.feed(BATCH) == 3
    assert due.feed(BATCH) == 0
    assert sender.ids == [one.release.id for one in enqueued]
    assert not redis_client.exists(keys.due(Lane.NEW))


def test_who_feeds_the_first_leaves_the_rest(batch: Batch, due: Due, sender: Sender) -> None:
    enqueued = batch.enqueue(some_requests(5))

    assert due.feed(2) == 2
    assert sender.ids == [one.release.id for one in enqueued[:2]]
    assert due.feed(BATCH) == 3


def test_the_queue_is_fed_as_it_empties(batch: Batch, due: Due, redis_client: redis.Redis) -> None:
    batch.enqueue(some_requests(3))
    redis_client.rpush("releases", *range(FED_UP_TO - 2))

    assert due.feed(BATCH) == 2
    redis_client.rpush("releases", 0, 0)
    assert due.feed(BATCH) == 0
    redis_client.delete("releases")
    assert due.feed(BATCH) == 1


def test_a_feeder_that_dies_before_it_has_sent_all_leaves_them_to_another(
    batch: Batch, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    batch.enqueue(some_requests(2))
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        due.feed(BATCH)
    sender.broken = False

    assert due.feed(BATCH) == 0, "taken by the one that died"
    for release_id in members(redis_client, keys.sent(urgent=False)):
        redis_client.zincrby(keys.sent(urgent=False), -SLACK_S - 1, release_id)
    assert len(due.resend_lost()) == 2


def test_an_urgent_release_of_a_file_does_not_wait_until_the_queue_has_room(
    batch: Batch, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    first, urgent = some_requests(2)
    enqueued = batch.enqueue([first, urgent.model_copy(update={"urgent": True})])
    redis_client.rpush("releases", *range(FED_UP_TO))

    assert due.feed(BATCH) == 1
    assert sender.ids == [enqueued[1].release.id]


def test_a_release_that_was_cancelled_meanwhile_is_not_fed(
    batch: Batch, due: Due, releases: Releases, sender: Sender
) -> None:
    first, second = batch.enqueue(some_requests(2))
    releases.cancel(first.release.id)

    due.feed(BATCH)

    assert sender.ids == [second.release.id]


def test_repeating_a_batch_finds_what_is_there_and_creates_what_is_not(
    batch: Batch, store: ReleaseStore
) -> None:
    first = batch.enqueue(some_requests(2))

    again = batch.enqueue(some_requests(3))

    assert [one.created for one in again] == [False, False, True]
    assert [one.release.id for one in again][:2] == [one.release.id for one in first]
    assert len(list(store.find())) == 3


def test_the_same_request_twice_in_a_batch_is_one_release(batch: Batch, store: ReleaseStore) -> None:
    first, second = batch.enqueue([a_request(), a_request()])

    assert first == second
    assert len(list(store.find())) == 1


def test_one_conflict_refuses_them_all_and_is_named_by_its_position(
    batch: Batch, releases: Releases, redis_client: redis.Redis
) -> None:
    requests = some_requests(3)
    active = releases.enqueue(requests[1].model_copy(update={"user_version": "0.9"})).release
    before = everything(redis_client)

    with pytest.raises(Conflicts) as caught:
        batch.enqueue(requests)

    assert {number: one.active_id for number, one in caught.value.conflicts.items()} == {1: active.id}
    assert everything(redis_client) == before


def test_when_another_enqueues_in_between_it_is_decided_anew(
    batch: Batch, releases: Releases, store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = some_requests(2)
    known_to_all = store.known_to_all
    others: list[Release] = []

    def and_another_enqueues(wanted: Any) -> Any:
        known = known_to_all(wanted)
        monkeypatch.undo()
        others.append(releases.enqueue(requests[1]).release)
        return known

    monkeypatch.setattr(store, "known_to_all", and_another_enqueues)
    enqueued = batch.enqueue(requests)

    assert [one.created for one in enqueued] == [True, False]
    assert enqueued[1].release == others[0]


def test_what_a_batch_supersedes_is_cancelled_with_it_and_its_result_stored(
    batch: Batch, releases: Releases, store: ReleaseStore, results: StoredResults
) -> None:
    requests = some_requests(2, supersede=True)
    old = releases.enqueue(requests[0].model_copy(update={"user_version": "0.9"})).release

    batch.enqueue(requests)

    stored = store.get(old.id)
    assert stored is not None
    assert stored.release.status is Status.CANCELLED
    assert [release_id for release_id, _ in results.failed] == [old.id]


def test_of_a_wave_with_a_canary_the_first_are_fed_and_the_rest_is_held_back(
    batch: Batch, due: Due, store: ReleaseStore, sender: Sender
) -> None:
    enqueued = batch.enqueue(some_requests(5, wave="spring"), WavePolicy(canary=2, max_blocked=10))

    due.feed(BATCH)

    assert sender.ids == [one.release.id for one in enqueued[:2]]
    assert (
        store.wave_tally("spring").counts | {"queued": 2, "waiting": 3} == store.wave_tally("spring").counts
    )
    assert [one.release.wait.errmsg for one in enqueued[2:] if one.release.wait] == [
        "wave spring: the first 2 run alone"
    ] * 3


@pytest.mark.parametrize("policy", [WavePolicy(canary=2, max_blocked=10), WavePolicy(max_blocked=10)])
def test_a_canary_or_a_brake_is_for_a_new_wave(batch: Batch, policy: WavePolicy) -> None:
    batch.enqueue(some_requests(1, wave="spring"))

    with pytest.raises(InvalidRequest, match="has releases already"):
        batch.enqueue(some_requests(3, wave="spring"), policy)


def test_repeating_a_wave_with_a_canary_changes_nothing(batch: Batch, redis_client: redis.Redis) -> None:
    policy = WavePolicy(canary=2, max_blocked=10)
    batch.enqueue(some_requests(3, wave="spring"), policy)
    before = everything(redis_client)

    again = batch.enqueue(some_requests(3, wave="spring"), policy)

    assert [one.created for one in again] == [False] * 3
    assert everything(redis_client) == before


@pytest.mark.parametrize("waves", [("spring", "summer"), (None, None)])
def test_a_canary_needs_one_wave(batch: Batch, waves: tuple[str | None, str | None]) -> None:
    first, second = some_requests(2)
    requests = [first.model_copy(update={"wave": waves[0]}), second.model_copy(update={"wave": waves[1]})]

    with pytest.raises(InvalidRequest, match="the same for all"):
        batch.enqueue(requests, WavePolicy(canary=1, max_blocked=0))


def is_refused_alike(batch: Batch, requests: list[ReleaseRequest]) -> bool:
    """Whether the check and the enqueueing itself raise the same of a policy, or neither does."""
    raised: list[tuple[str, ...]] = []
    for take in (batch.check, batch.enqueue):
        try:
            take(requests, WavePolicy(canary=1, max_blocked=10))
        except InvalidRequest as error:
            raised.append(error.args)
        else:
            raised.append(())
    assert raised[0] == raised[1]
    return bool(raised[0])


def test_what_enqueueing_refuses_of_a_wave_the_check_refuses(batch: Batch, redis_client: redis.Redis) -> None:
    batch.enqueue(some_requests(2, wave="old"))
    before = everything(redis_client)

    assert is_refused_alike(batch, [a_request(appid="wx00000000000000aa")])
    mixed = [a_request(appid=f"wx00000000000000a{wave}", wave=wave) for wave in "bc"]
    assert is_refused_alike(batch, mixed)
    assert is_refused_alike(batch, some_requests(3, wave="old"))
    batch.check(some_requests(2, wave="new", user_desc="other"), WavePolicy(max_blocked=10))
    assert everything(redis_client) == before

    assert not is_refused_alike(batch, some_requests(2, wave="old"))
    assert not is_refused_alike(batch, [a_request(appid="wx00000000000000ab", wave="new")])
