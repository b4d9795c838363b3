"""What is due is brought to the queue: the lanes, and what a pause held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import redis

from releases.background.due import BATCH, BEGUN_UP_TO, FED_UP_TO, LOOKS_AT_ONCE, LOOKS_PER_S, Due
from releases.record import Release
from releases.scope import Scope
from releases.states import LOOKED_AT, Status
from releases.store import keys
from releases.store.pauses import LET_GO_AT_ONCE, Pause, Pauses
from releases.store.places import Lane, Place, fed, held, looked_at, sent
from releases.store.places import due as due_at
from releases.store.records import ReleaseStore
from tests.integration.conftest import Sender
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import (
    QUEUE,
    at,
    created,
    fill,
    place_of,
    stands,
    stored_at,
)
from tests.support.workers import wait_for


def test_a_release_that_is_due_is_sent_and_noted_as_sent(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, lambda release: due_at(release, at(-1)))

    assert due.bring() == 1

    assert sender.sent == [stored.release]
    assert stands(redis_client, stored.release, keys.sent(urgent=False), time.time())
    assert due.bring() == 0


def test_a_release_that_is_not_due_stays_where_it_is(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    when = at(3600)
    stored = stored_at(store, lambda release: due_at(release, when))

    assert due.bring() == 0

    assert sender.sent == []
    assert stands(redis_client, stored.release, keys.due(Lane.BEGUN), when.timestamp())


def test_a_write_without_a_place_leaves_the_release_where_it_is(
    store: ReleaseStore, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, lambda release: due_at(release, at(3600)))
    before = place_of(redis_client, stored.release)

    store.save(stored, stored.release.changed("looked at", NOW))

    assert before is not None
    assert place_of(redis_client, stored.release) == before


@pytest.mark.parametrize("status", sorted(set(Status) - set(LOOKED_AT)))
@pytest.mark.parametrize(
    "where",
    [
        lambda release: due_at(release, at(-1)),
        lambda release: sent(release, at(-60)),
        fed,
        lambda _release: held(Scope.ALL),
    ],
    ids=["due", "sent", "fed", "held"],
)
def test_a_release_at_rest_stands_nowhere(
    where: Callable[[Release], Place],
    status: Status,
    due: Due,
    store: ReleaseStore,
    sender: Sender,
    redis_client: redis.Redis,
) -> None:
    stored = stored_at(store, where)

    store.save(stored, stored.release.model_copy(update={"status": status, "block": a_problem()}))

    assert place_of(redis_client, stored.release) is None
    assert (due.bring(), due.resend_lost(), sender.sent) == (0, [], [])


def test_two_workers_that_look_at_once_send_each_release_once(
    due: Due, store: ReleaseStore, sender: Sender
) -> None:
    ids = {stored_at(store, lambda release: due_at(release, at(-1)), n).release.id for n in range(40)}
    together = threading.Barrier(2)

    def look() -> int:
        together.wait(10)
        return due.bring()

    with ThreadPoolExecutor(2) as pool:
        brought = sum(pool.map(lambda _: look(), range(2)))

    assert brought == 40
    assert sorted(sender.ids) == sorted(ids)


def test_an_entry_without_a_record_is_dropped(due: Due, sender: Sender, redis_client: redis.Redis) -> None:
    for index in (keys.due(Lane.BEGUN), keys.sent(urgent=False), keys.held(Scope.ALL)):
        redis_client.zadd(index, {"nobody": 1})

    assert (due.bring(), due.resend_lost(), sender.sent) == (0, [], [])
    assert redis_client.keys("releases:*") == []


def test_the_lanes_are_emptied_in_their_order(due: Due, store: ReleaseStore, sender: Sender) -> None:
    new = stored_at(store, fed, 1)
    begun = stored_at(store, lambda release: due_at(release, at(-1)), 2)
    urgent = stored_at(store, lambda release: due_at(release, at(-1)), 3, urgent=True)
    look = stored_at(store, lambda _release: looked_at(at(-1)), 4)

    due.bring()

    assert sender.ids == [stored.release.id for stored in (urgent, begun, new, look)]


def test_ten_thousand_that_a_pause_let_go_stand_before_no_urgent_one_and_no_retry(
    due: Due, store: ReleaseStore, sender: Sender, pauses: Pauses, redis_client: redis.Redis
) -> None:
    # Given more releases than a look takes, that waited for a quota's reset, which has come
    for n in range(BATCH + 20):
        stored_at(store, lambda _release: held(Scope.SUBMISSIONS), n)
    retry = stored_at(store, lambda release: due_at(release, at(-1)), 9001)
    urgent = stored_at(store, lambda release: due_at(release, at(-1)), 9002, urgent=True)

    assert due.bring() == BATCH

    assert sender.ids[:2] == [urgent.release.id, retry.release.id]
    assert redis_client.zcard(keys.due(Lane.NEW)) == 22


def test_new_releases_are_fed_while_the_queue_has_room(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    first, second = stored_at(store, fed, 1), stored_at(store, fed, 2)
    fill(redis_client, FED_UP_TO - 1)

    assert due.bring() == 1
    redis_client.lpush(QUEUE, "{}")
    assert due.bring() == 0
    redis_client.rpop(QUEUE)
    assert due.bring() == 1

    assert sorted(sender.ids) == sorted([first.release.id, second.release.id])


def test_what_has_begun_goes_before_new_ones_up_to_a_bound(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, lambda release: due_at(release, at(-1)))
    fill(redis_client, BEGUN_UP_TO)
    assert due.bring() == 0

    redis_client.rpop(QUEUE)

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]


def test_an_urgent_one_waits_for_no_room(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, fed, urgent=True)
    fill(redis_client, BEGUN_UP_TO)

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]


def test_a_look_is_taken_only_while_the_queue_is_empty(
    due: Due, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = stored_at(store, lambda _release: Place(keys.due(Lane.LOOKS), time.time() - 1))
    fill(redis_client, 1)
    assert due.bring() == 0

    redis_client.delete(QUEUE)

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]


@pytest.mark.parametrize("where", [lambda release: due_at(release, at(-1)), fed], ids=["retry", "new"])
def test_others_that_come_one_after_the_other_keep_no_look_away(
    where: Callable[[Release], Place], due: Due, store: ReleaseStore, sender: Sender
) -> None:
    looks = [stored_at(store, lambda _release: looked_at(at(-1)), n) for n in range(LOOKS_AT_ONCE + 1)]
    trickling = count(100)

    # As often as a worker looks, and each time one more has come
    def has_looked_at_all() -> bool:
        stored_at(store, where, next(trickling))
        due.bring()
        return {one.release.id for one in looks} <= set(sender.ids)

    wait_for(has_looked_at_all)


def test_looks_are_taken_at_a_pace_however_many_ask(due: Due, store: ReleaseStore, sender: Sender) -> None:
    for n in range(60):
        stored_at(store, lambda _release: Place(keys.due(Lane.LOOKS), time.time() - 1), n)
    assert due.bring() == LOOKS_AT_ONCE

    began = time.monotonic()
    while len(sender.ids) < 3 * LOOKS_AT_ONCE:
        due.bring()
    took_s = time.monotonic() - began

    assert 2 * LOOKS_AT_ONCE / LOOKS_PER_S - 0.2 < took_s < 3 * LOOKS_AT_ONCE / LOOKS_PER_S + 1


@pytest.mark.parametrize("urgent", [False, True])
def test_one_that_could_wait_stands_where_its_message_is(
    redis_client: redis.Redis, due: Due, store: ReleaseStore, *, urgent: bool
) -> None:
    stored = stored_at(store, lambda _: Place(keys.due(Lane.LOOKS), time.time() - 1), urgent=urgent)

    due.bring()

    assert stands(redis_client, stored.release, keys.sent(urgent=urgent), time.time())


def test_the_oldest_wave_is_fed_first(due: Due, store: ReleaseStore, sender: Sender) -> None:
    stored = [stored_at(store, fed, n) for n in range(3)]
    older = NOW.replace(year=2025)
    last = created(store, a_release(a_request(appid=f"wx{7:016d}"), created_at=older))
    store.save(last, last.release, place=fed(last.release))

    due.feed(2)

    assert sender.ids[0] == last.release.id
    assert sender.ids[1] in {one.release.id for one in stored}


def paused(pauses: Pauses, scope: str = Scope.ALL) -> None:
    pauses.begin(scope, Pause(**a_problem().model_dump()))


@pytest.mark.parametrize("scope", list(Scope))
def test_held_ones_stay_while_the_pause_lasts_and_come_when_it_is_lifted(
    scope: Scope, due: Due, store: ReleaseStore, sender: Sender, pauses: Pauses
) -> None:
    paused(pauses, scope)
    stored = stored_at(store, lambda _release: held(scope))
    assert due.bring() == 0

    pauses.lift(scope)

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]
    assert due.bring() == 0


def test_held_ones_come_when_the_pause_expires(
    due: Due, store: ReleaseStore, sender: Sender, pauses: Pauses, redis_client: redis.Redis
) -> None:
    paused(pauses, Scope.SUBMISSIONS)
    stored = stored_at(store, lambda _release: held(Scope.SUBMISSIONS))

    redis_client.pexpireat(keys.pause(Scope.SUBMISSIONS), 1)

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]


def test_one_held_after_the_pause_had_ended_is_not_forgotten(
    due: Due, store: ReleaseStore, sender: Sender
) -> None:
    stored = stored_at(store, lambda _release: held(Scope.ALL))

    assert due.bring() == 1
    assert sender.ids == [stored.release.id]


def test_the_end_of_one_pause_leaves_the_other_s_alone(
    due: Due, store: ReleaseStore, sender: Sender, pauses: Pauses
) -> None:
    for scope in Scope:
        paused(pauses, scope)
    submission = stored_at(store, lambda _release: held(Scope.SUBMISSIONS), 1)
    stored_at(store, lambda _release: held(Scope.ALL), 2)

    pauses.lift(Scope.SUBMISSIONS)

    assert due.bring() == 1
    assert sender.ids == [submission.release.id]


def test_many_held_ones_go_on_some_at_a_time(
    store: ReleaseStore, pauses: Pauses, redis_client: redis.Redis
) -> None:
    for n in range(LET_GO_AT_ONCE // 100):
        stored_at(store, lambda _release: held(Scope.ALL), n)
    redis_client.zadd(keys.held(Scope.ALL), {f"gone-{n}": 0 for n in range(LET_GO_AT_ONCE)})

    assert [pauses.let_go(Scope.ALL), pauses.let_go(Scope.ALL), pauses.let_go(Scope.ALL)] == [
        LET_GO_AT_ONCE,
        LET_GO_AT_ONCE // 100,
        0,
    ]
    assert redis_client.zcard(keys.due(Lane.NEW)) == LET_GO_AT_ONCE // 100
