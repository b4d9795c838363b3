"""WeChat pushes that something happened to an audit: it is looked at soon, not too often, and the last push counts."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis

from db.database import Database
from releases.background.pushed import Pushed
from releases.record import Release
from releases.states import Status, Step
from releases.store import keys
from releases.store.known import Stored
from releases.store.leases import Held, Leases
from releases.store.pauses import Pauses
from releases.store.places import Lane, looked_at
from releases.store.records import ReleaseStore
from tests.support.examples import APPID, a_release, a_request
from tests.support.records import at, created, place_of, stands
from wechat.push.inbox import LOOKS, Inbox
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore

BEGUN = keys.due(Lane.BEGUN)


@pytest.fixture
def inbox(redis_client: redis.Redis) -> Inbox:
    db, seal = Database(redis_client), Seal([])
    return Inbox(db, seal, TokenStore(db, seal))


@pytest.fixture
def pushed(redis_client: redis.Redis, inbox: Inbox, pauses: Pauses) -> Pushed:
    return Pushed(Database(redis_client), inbox=inbox, wechat=None, pauses=pauses, now=time.time)


@pytest.fixture
def submitted(store: ReleaseStore) -> Stored:
    stored = created(store, a_release())
    changes: dict[str, Any] = {"status": Status.SUBMITTED, "step": Step.SUBMIT_AUDIT, "auditid": 7}
    return store.save(stored, stored.release.model_copy(update=changes), place=looked_at(at(1800)))


def push(inbox: Inbox, appid: str = APPID) -> None:
    inbox.mark("weapp_audit_success", LOOKS, appid, time.time())


def marks(client: redis.Redis) -> int:
    return int(client.zcard(LOOKS))


def looked_at_again(store: ReleaseStore, release: Release) -> None:
    """As a look that found nothing new leaves it."""
    stored = store.get(release.id)
    assert stored is not None
    store.save(stored, stored.release.changed("looked at", at(0)), place=looked_at(at(1800)))


def test_a_push_brings_the_look_forward(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, submitted: Stored
) -> None:
    push(inbox)

    pushed.look()

    assert stands(redis_client, submitted.release, BEGUN, time.time())
    assert marks(redis_client) == 0


def test_an_urgent_release_is_brought_forward_among_the_urgent_ones(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    stored = created(store, a_release(a_request(urgent=True)))
    under_audit = stored.release.model_copy(update={"status": Status.SUBMITTED, "step": Step.SUBMIT_AUDIT})
    store.save(stored, under_audit, place=looked_at(at(1800)))
    push(inbox)

    pushed.look()

    assert stands(redis_client, stored.release, keys.due(Lane.URGENT), time.time())


def test_two_looks_for_pushes_are_ten_seconds_apart(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, store: ReleaseStore, submitted: Stored
) -> None:
    push(inbox)
    pushed.look()
    looked_at_again(store, submitted.release)

    push(inbox)
    pushed.look()

    assert stands(redis_client, submitted.release, BEGUN, time.time() + 10)


def test_a_push_while_somebody_looks_is_not_lost(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, store: ReleaseStore, submitted: Stored
) -> None:
    leases = Leases(Database(redis_client), step_deadline_s=20)
    held = leases.begin(submitted.release.id, APPID)
    assert isinstance(held, Held)

    push(inbox)
    pushed.look()
    assert marks(redis_client) == 1

    looked_at_again(store, submitted.release)
    leases.end(submitted.release.id, APPID, held.number)
    pushed.look()

    place = place_of(redis_client, submitted.release)
    assert place is not None
    assert place[0] == BEGUN
    assert marks(redis_client) == 0


def test_a_push_for_a_mini_program_of_which_nothing_is_under_audit_is_forgotten(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, submitted: Stored
) -> None:
    before = place_of(redis_client, submitted.release)
    push(inbox, "wx00000000000000ff")

    pushed.look()

    assert (place_of(redis_client, submitted.release), marks(redis_client)) == (before, 0)


def test_a_push_for_a_submission_that_was_not_answered_is_remembered_for_who_finds_its_audit(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, store: ReleaseStore
) -> None:
    stored = created(store, a_release())
    before = place_of(redis_client, stored.release)
    push(inbox)

    pushed.look()

    assert (place_of(redis_client, stored.release), marks(redis_client)) == (before, 0)
    held = Leases(Database(redis_client), step_deadline_s=20).begin(stored.release.id, APPID)
    assert isinstance(held, Held)
    assert held.pushed_at == pytest.approx(time.time(), abs=2)


def test_the_lease_tells_when_wechat_pushed(
    pushed: Pushed, inbox: Inbox, redis_client: redis.Redis, submitted: Stored
) -> None:
    push(inbox)
    pushed.look()

    held = Leases(Database(redis_client), step_deadline_s=20).begin(submitted.release.id, APPID)

    assert isinstance(held, Held)
    assert held.pushed_at == pytest.approx(time.time(), abs=2)
