"""Where a release stands while somebody works on it, and when somebody else tries to."""

from __future__ import annotations

import time

import pytest
import redis

from releases.background.due import Due
from releases.states import Status
from releases.store import keys
from releases.store.leases import BUSY_S, Busy, Held, Leases
from releases.store.places import Lane, sent
from releases.store.records import ReleaseStore
from tests.integration.conftest import Sender
from tests.support.examples import a_release, a_request
from tests.support.records import (
    at,
    created,
    place_of,
    sent_since,
    stands,
)


@pytest.mark.parametrize("urgent", [False, True])
def test_whoever_dies_with_the_lease_has_its_release_looked_at_when_the_lease_ends(
    urgent: bool, store: ReleaseStore, redis_client: redis.Redis, leases: Leases
) -> None:
    release = sent_since(store, 1, urgent=urgent)

    assert isinstance(leases.begin(release.id, release.appid), Held)

    place = place_of(redis_client, release)
    left_s = redis_client.pttl(keys.lease(release.appid)) / 1000
    assert place is not None
    assert place[0] == keys.due(Lane.URGENT if urgent else Lane.BEGUN)
    assert place[1] == pytest.approx(time.time() + left_s, abs=2)


def test_a_message_too_many_for_a_release_that_is_worked_on_moves_nothing(
    store: ReleaseStore, redis_client: redis.Redis, leases: Leases
) -> None:
    release = sent_since(store, 1)
    leases.begin(release.id, release.appid)
    before = place_of(redis_client, release)

    for _ in range(30):
        assert isinstance(leases.begin(release.id, release.appid), Busy)

    assert place_of(redis_client, release) == before


def test_a_message_that_meets_its_own_lease_is_not_sent_again_before_the_lease_ends(
    store: ReleaseStore, redis_client: redis.Redis, leases: Leases, due: Due
) -> None:
    # Given a release that was cancelled and taken up again while a step of it runs
    release = sent_since(store, 1)
    leases.begin(release.id, release.appid)
    stored = store.get(release.id)
    assert stored is not None
    store.save(stored, release, place=sent(release, at(-60)))

    assert isinstance(leases.begin(release.id, release.appid), Busy)

    place = place_of(redis_client, release)
    assert place is not None
    assert place[1] > time.time() + 100
    assert due.resend_lost() == []


def test_a_message_that_meets_another_release_s_lease_comes_back_soon(
    store: ReleaseStore, redis_client: redis.Redis, leases: Leases
) -> None:
    first = sent_since(store, 1)
    assert isinstance(leases.begin(first.id, first.appid), Held)
    stored = store.get(first.id)
    assert stored is not None
    store.save(stored, first.model_copy(update={"status": Status.CANCELLED}))
    second = created(store, a_release(a_request(appid=first.appid, user_version="2"))).release

    assert isinstance(leases.begin(second.id, second.appid), Busy)

    assert stands(redis_client, second, keys.due(Lane.BEGUN), time.time() + BUSY_S)


def test_a_release_at_rest_is_not_due_because_somebody_looked_at_it(
    store: ReleaseStore, redis_client: redis.Redis, leases: Leases
) -> None:
    release = sent_since(store, 1)
    stored = store.get(release.id)
    assert stored is not None
    store.save(stored, release.model_copy(update={"status": Status.APPROVED}))

    assert isinstance(leases.begin(release.id, release.appid), Held)

    assert place_of(redis_client, release) is None


@pytest.mark.parametrize("urgent", [False, True])
def test_a_lease_that_is_given_back_leaves_its_release_due_at_once(
    urgent: bool, store: ReleaseStore, leases: Leases, due: Due, sender: Sender
) -> None:
    release = sent_since(store, 1, urgent=urgent)
    lease = leases.begin(release.id, release.appid)
    assert isinstance(lease, Held)

    leases.end(release.id, release.appid, lease.number)

    assert due.bring() == 1
    assert sender.ids == [release.id]


def test_a_lease_that_is_given_back_leaves_a_release_that_has_gone_elsewhere_there(
    store: ReleaseStore, redis_client: redis.Redis, leases: Leases
) -> None:
    release = sent_since(store, 1)
    lease = leases.begin(release.id, release.appid)
    assert isinstance(lease, Held)
    stored = store.get(release.id)
    assert stored is not None
    store.save(stored, release, place=sent(release, at(3600)))
    elsewhere = place_of(redis_client, release)

    leases.end(release.id, release.appid, lease.number)

    assert place_of(redis_client, release) == elsewhere
