from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from releases.scope import Scope
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.places import Lane, held, sent
from releases.store.records import ReleaseStore
from tests.support.examples import a_problem
from tests.support.records import at, place_of, stored_at


def a_pause(**different: Any) -> Pause:
    return Pause(**{**a_problem(errcode=61004).model_dump(), **different})


def test_without_a_pause_the_platform_goes_on(pauses: Pauses) -> None:
    assert [pauses.current(scope) for scope in Scope] == [None, None]


def test_a_pause_is_found_with_its_reason(pauses: Pauses) -> None:
    pause = a_pause(until=datetime(2099, 1, 1, tzinfo=UTC))

    assert pauses.begin(Scope.ALL, pause)

    assert pauses.current(Scope.ALL) == pause
    assert pauses.current(Scope.SUBMISSIONS) is None


def test_the_first_reason_counts(pauses: Pauses) -> None:
    pauses.begin(Scope.ALL, a_pause(errcode=61004))

    assert not pauses.begin(Scope.ALL, a_pause(errcode=61005))

    found = pauses.current(Scope.ALL)
    assert found is not None
    assert found.errcode == 61004


def test_a_lifted_pause_is_gone(pauses: Pauses) -> None:
    pauses.begin(Scope.ALL, a_pause())

    assert pauses.lift(Scope.ALL)
    assert pauses.current(Scope.ALL) is None
    assert not pauses.lift(Scope.ALL)


def test_a_pause_without_an_end_never_expires(pauses: Pauses, redis_client: redis.Redis) -> None:
    pauses.begin(Scope.ALL, a_pause())

    assert redis_client.pttl(keys.pause(Scope.ALL)) == -1


def test_a_pause_with_an_end_expires_then(pauses: Pauses, redis_client: redis.Redis) -> None:
    until = datetime.now(UTC) + timedelta(hours=2)

    pauses.begin(Scope.SUBMISSIONS, a_pause(until=until))

    left_ms = redis_client.pttl(keys.pause(Scope.SUBMISSIONS))
    assert until.timestamp() == pytest.approx(time.time() + left_ms / 1000, abs=1)


def test_a_pause_by_hand_stands_over_any_other(pauses: Pauses) -> None:
    pauses.begin(Scope.ALL, a_pause(errcode=61004))

    pauses.begin_by_hand(Scope.ALL, "maintenance")

    found = pauses.current(Scope.ALL)
    assert found is not None
    assert (found.by_hand, found.errcode, found.errmsg) == (True, None, "paused by hand: maintenance")


def test_only_a_person_ends_a_pause_by_hand(pauses: Pauses) -> None:
    pauses.begin_by_hand(Scope.ALL, "maintenance")

    assert not pauses.lift_unless_by_hand(Scope.ALL)
    assert not pauses.begin(Scope.ALL, a_pause())
    assert pauses.current(Scope.ALL) is not None
    assert pauses.lift(Scope.ALL)


def test_a_pause_whose_cause_is_gone_is_lifted(pauses: Pauses) -> None:
    pauses.begin(Scope.ALL, a_pause())

    assert pauses.lift_unless_by_hand(Scope.ALL)
    assert not pauses.lift_unless_by_hand(Scope.ALL)
    assert pauses.current(Scope.ALL) is None


def test_who_stands_elsewhere_by_now_is_not_let_try(
    pauses: Pauses, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    # Given a release that was held when somebody looked, and has been resumed since
    pauses.begin(Scope.ALL, a_pause())
    release = stored_at(store, lambda release: sent(release, at(0))).release
    before = place_of(redis_client, release)

    pauses.let_try(Scope.ALL, [release.id])

    assert place_of(redis_client, release) == before


def test_an_urgent_one_that_a_pause_held_goes_on_before_all_others(
    pauses: Pauses, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    held_ones = [stored_at(store, lambda _: held(Scope.ALL), n, urgent=n == 1).release for n in range(2)]

    pauses.let_go(Scope.ALL)

    places = [place_of(redis_client, release) for release in held_ones]
    assert [place and place[0] for place in places] == [keys.due(Lane.NEW), keys.due(Lane.URGENT)]
