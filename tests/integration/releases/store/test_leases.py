from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from releases.record import Release
from releases.scope import Scope
from releases.states import Status
from releases.store import keys
from releases.store.leases import Busy, Held, Leases
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from tests.support.examples import APPID, a_problem, a_release, a_request
from tests.support.records import create_in, created, known_in


@pytest.fixture
def release(store: ReleaseStore) -> Release:
    return created(store, a_release()).release


def test_there_is_no_lease_for_an_unknown_release(leases: Leases, redis_client: redis.Redis) -> None:
    assert leases.begin("nobody", APPID) is None
    assert redis_client.get(keys.lease(APPID)) is None


def test_with_the_lease_comes_the_record(
    begin: Callable[[Release], Held], store: ReleaseStore, release: Release
) -> None:
    held = begin(release)

    assert held.stored == store.get(release.id)
    assert held.pauses == {}


def test_while_it_is_held_others_are_told_so(
    leases: Leases, begin: Callable[[Release], Held], release: Release
) -> None:
    begin(release)

    assert isinstance(leases.begin(release.id, APPID), Busy)


def test_it_lives_longer_than_a_step_may_take(
    redis_client: redis.Redis, begin: Callable[[Release], Held], release: Release
) -> None:
    begin(release)

    assert redis_client.pttl(keys.lease(APPID)) > 140_000


def test_it_is_the_mini_program_s_and_not_the_release_s(
    leases: Leases, begin: Callable[[Release], Held], store: ReleaseStore, release: Release
) -> None:
    begin(release)
    superseding = a_release(a_request(user_version="2"))
    known = known_in(store, APPID, superseding.identity)
    create_in(store, superseding, known, release.model_copy(update={"status": Status.CANCELLED}))

    assert isinstance(leases.begin(superseding.id, APPID), Busy)


def test_another_mini_program_s_lease_is_free(
    leases: Leases, begin: Callable[[Release], Held], store: ReleaseStore, release: Release
) -> None:
    begin(release)
    other = created(store, a_release(a_request(appid="wx00000000000000bb"))).release

    assert isinstance(leases.begin(other.id, other.appid), Held)


def test_an_ended_lease_is_free(leases: Leases, begin: Callable[[Release], Held], release: Release) -> None:
    held = begin(release)

    leases.end(release.id, APPID, held.number)

    assert begin(release).number > held.number


def test_an_expired_lease_is_free_and_its_number_grows(
    redis_client: redis.Redis, begin: Callable[[Release], Held], release: Release
) -> None:
    held = begin(release)
    redis_client.pexpireat(keys.lease(APPID), 1)

    assert begin(release).number > held.number


def test_only_its_holder_ends_it(
    leases: Leases, redis_client: redis.Redis, begin: Callable[[Release], Held], release: Release
) -> None:
    lost = begin(release)
    redis_client.pexpireat(keys.lease(APPID), 1)
    newer = begin(release)

    leases.end(release.id, APPID, lost.number)

    assert redis_client.get(keys.lease(APPID)) == str(newer.number)


def test_ending_a_lease_that_is_gone_is_harmless(leases: Leases) -> None:
    leases.end("nobody", APPID, 1)


def test_with_the_lease_come_the_platform_s_pauses(
    pauses: Pauses, begin: Callable[[Release], Held], release: Release
) -> None:
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem(errcode=85085).model_dump()))

    found = begin(release).pauses

    assert {scope: problem.errcode for scope, problem in found.items()} == {"submissions": 85085}


def test_a_server_that_has_forgotten_the_last_number_gives_it_to_nobody_else(
    redis_client: redis.Redis, begin: Callable[[Release], Held], release: Release
) -> None:
    before = begin(release)
    redis_client.delete(keys.LAST_LEASE, keys.lease(APPID))

    assert begin(release).number > before.number


def test_numbers_grow_although_the_clock_goes_back(
    redis_client: redis.Redis, begin: Callable[[Release], Held], release: Release
) -> None:
    in_an_hour = begin(release).number + 3600 * 10**6
    redis_client.set(keys.LAST_LEASE, in_an_hour)
    redis_client.delete(keys.lease(APPID))

    assert begin(release).number == in_an_hour + 1
