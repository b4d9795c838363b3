from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import redis

from db.database import Database
from releases.background.due import BATCH, Due
from releases.errors import InvalidRequest
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.record import Release, counts
from releases.request import ReleaseRequest
from releases.scope import wave_scope
from releases.states import Status
from releases.steps.attempt import Attempt
from releases.store import keys
from releases.store.leases import Held
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from releases.waves.halves import HALVES
from releases.waves.waves import Waves
from tests.integration.conftest import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.support.examples import NOW, a_problem
from tests.support.invariants import broken
from tests.support.looks import Look

CANARY = WavePolicy(canary=2, max_blocked=10)


@pytest.fixture
def waves(redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses) -> Waves:
    return Waves(Database(redis_client), store=store, pauses=pauses)


@pytest.fixture
def wave(store: ReleaseStore, releases: Releases, due: Due) -> list[Release]:
    """Two of a canary, which have been fed, and three that wait for them."""
    enqueued = Batch(store=store, releases=releases).enqueue(some_requests(5, wave="spring"), CANARY)
    due.feed(BATCH)
    return [one.release for one in enqueued]


def end(store: ReleaseStore, release: Release, status: Status) -> None:
    stored = store.get(release.id)
    assert stored is not None
    why: dict[str, Any] = {"block": a_problem()} if status is Status.BLOCKED else {"auditid": 1}
    store.save(stored, stored.release.model_copy(update={"status": status, **why}))


def look(waves: Waves, client: redis.Redis) -> None:
    """A look, whoever looked last."""
    client.delete("waves:looking")
    waves.look()


def test_the_rest_waits_until_the_whole_canary_has_ended(
    wave: list[Release],
    waves: Waves,
    store: ReleaseStore,
    due: Due,
    sender: Sender,
    redis_client: redis.Redis,
) -> None:
    end(store, wave[0], Status.SUBMITTED)
    look(waves, redis_client)
    assert due.feed(BATCH) == 0

    end(store, wave[1], Status.SUBMITTED)
    look(waves, redis_client)

    assert due.feed(BATCH) == 3
    assert sorted(sender.ids[2:]) == sorted(release.id for release in wave[2:])
    assert waves.state("spring").pause is None


def test_the_ends_of_a_wave_are_counted_in_their_minutes(wave: list[Release], store: ReleaseStore) -> None:
    for release in wave[:2]:
        end(store, release, Status.SUBMITTED)

    assert store.wave_ends("spring") == {int(NOW.timestamp() // 60): 2}


def test_a_bad_canary_brakes_the_wave_and_the_rest_learns_why(
    wave: list[Release],
    waves: Waves,
    store: ReleaseStore,
    due: Due,
    pauses: Pauses,
    redis_client: redis.Redis,
) -> None:
    end(store, wave[0], Status.SUBMITTED)
    end(store, wave[1], Status.BLOCKED)

    look(waves, redis_client)

    pause = pauses.current(wave_scope("spring"))
    assert pause is not None
    assert "of its canary 1 of 2 ended blocked" in pause.errmsg
    assert due.feed(BATCH) == 3, "their messages come, and each is held by the brake"


def test_a_person_lets_a_braked_wave_go_on_and_not_a_canary(
    wave: list[Release], waves: Waves, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    assert not waves.let_go("spring"), "the canary runs"
    end(store, wave[0], Status.BLOCKED)
    end(store, wave[1], Status.BLOCKED)
    look(waves, redis_client)

    assert waves.let_go("spring")
    assert waves.state("spring").pause is None
    assert not waves.let_go("spring")


def test_another_bound_can_be_given_when_a_wave_goes_on(
    wave: list[Release], waves: Waves, redis_client: redis.Redis
) -> None:
    waves.set_bound("spring", 55)

    policy = waves.state("spring").policy
    assert policy is not None
    assert (policy.canary, policy.max_blocked) == (2, 55)


def test_one_release_of_a_held_wave_can_be_resumed_by_itself(
    wave: list[Release], waves: Waves, releases: Releases, sender: Sender, redis_client: redis.Redis
) -> None:
    resumed = releases.resume(wave[4].id)

    assert resumed.passes(wave_scope("spring"))
    assert sender.ids[-1] == wave[4].id
    assert waves.state("spring").held == 2
    assert waves.state("spring").pause is not None


def test_a_wave_that_is_over_is_watched_no_more(
    wave: list[Release], waves: Waves, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    for release in wave[:4]:
        end(store, release, Status.SUBMITTED)
    look(waves, redis_client)
    assert redis_client.smembers(keys.WATCHED_WAVES) == {"spring"}

    end(store, wave[4], Status.CANCELLED)
    look(waves, redis_client)

    assert redis_client.smembers(keys.WATCHED_WAVES) == set()


def test_a_braked_wave_keeps_its_pause_until_all_have_ended(
    wave: list[Release], waves: Waves, store: ReleaseStore, due: Due, redis_client: redis.Redis
) -> None:
    for release in wave[:2]:
        end(store, release, Status.BLOCKED)
    look(waves, redis_client)
    due.feed(BATCH)
    for release in wave[1:]:
        end(store, release, Status.CANCELLED)
    look(waves, redis_client)
    assert waves.state("spring").pause is not None, "a blocked one can be resumed"

    end(store, wave[0], Status.CANCELLED)
    look(waves, redis_client)

    assert waves.state("spring").pause is None
    assert redis_client.smembers(keys.WATCHED_WAVES) == set()
    assert redis_client.exists(keys.pause(wave_scope("spring"))) == 0


def test_one_worker_at_a_time_looks(
    wave: list[Release], waves: Waves, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    waves.look()
    for release in wave[:2]:
        end(store, release, Status.SUBMITTED)

    waves.look()

    assert waves.state("spring").pause is not None, "another one has just looked"


def test_a_held_release_that_is_superseded_is_held_no_more(
    wave: list[Release], waves: Waves, releases: Releases, store: ReleaseStore
) -> None:
    request = some_requests(5, wave="summer", user_version="2", supersede=True)[4]

    releases.enqueue(request)

    assert waves.state("spring").held == 2
    assert store.wave_tally("spring").counts["cancelled"] == 1


def test_while_a_wave_is_cancelled_it_stands_still_and_what_held_it_is_back_if_that_fails(
    wave: list[Release], waves: Waves
) -> None:
    canary = waves.state("spring").pause

    def fail() -> None:
        with waves.standing_still("spring"):
            raise redis.ConnectionError

    with pytest.raises(redis.ConnectionError):
        fail()

    assert waves.state("spring").pause == canary
    with waves.standing_still("spring"):
        pause = waves.state("spring").pause
        assert pause is not None
        assert "is being cancelled" in pause.errmsg
    assert waves.state("spring").pause is None


def test_of_two_that_cancel_a_wave_at_once_the_last_to_begin_has_it_standing_still_until_it_is_done(
    wave: list[Release], waves: Waves
) -> None:
    with ExitStack() as second:
        with waves.standing_still("spring"):
            second.enter_context(waves.standing_still("spring"))

        for half in HALVES:
            pause = waves.state("spring", half).pause
            assert pause is not None
            assert "is being cancelled" in pause.errmsg

    assert [waves.state("spring", half).pause for half in HALVES] == [None, None]


def test_releases_are_counted_when_they_are_worked_on_first(wave: list[Release], store: ReleaseStore) -> None:
    for _ in range(2):
        stored = store.get(wave[0].id)
        assert stored is not None
        attempts = {"ensure_domains": stored.release.attempts.get("ensure_domains", 0) + 1}
        store.save(stored, stored.release.model_copy(update={"attempts": attempts}))

    tally = store.wave_tally("spring")
    assert (tally.started, sum(tally.counts.values()), tally.waits) == (1, 5, {"wave": 3})


@pytest.fixture
def batch(store: ReleaseStore, releases: Releases) -> Batch:
    return Batch(store=store, releases=releases)


def braked(waves: Waves) -> bool:
    pause = waves.state("spring").pause
    return pause is not None and not pause.canary


@pytest.fixture
def braked_wave(
    wave: list[Release], waves: Waves, store: ReleaseStore, due: Due, redis_client: redis.Redis
) -> list[Release]:
    """Both of its canary are blocked, so three wait for a person."""
    for release in wave[:2]:
        end(store, release, Status.BLOCKED)
    look(waves, redis_client)
    assert braked(waves)
    return wave


def corrected(number: int = 5, **different: Any) -> list[ReleaseRequest]:
    return some_requests(number, wave="spring", template_id=13, supersede=True, **different)


def test_a_braked_wave_begins_anew_with_those_that_supersede_all_of_it(
    braked_wave: list[Release],
    batch: Batch,
    waves: Waves,
    store: ReleaseStore,
    due: Due,
    sender: Sender,
    redis_client: redis.Redis,
) -> None:
    sender.sent.clear()

    enqueued = [one.release for one in batch.enqueue(corrected(), CANARY)]

    assert not braked(waves)
    assert store.wave_tally("spring").counts == counts({"queued": 2, "waiting": 3})
    due.feed(BATCH)
    look(waves, redis_client)
    assert sender.ids == [release.id for release in enqueued[:2]], "its canary runs alone"
    assert [found.release.status for found in store.get_many(one.id for one in braked_wave) if found] == [
        Status.CANCELLED
    ] * 5
    for release in enqueued[:2]:
        end(store, release, Status.SUBMITTED)
    look(waves, redis_client)
    due.bring()
    assert set(sender.ids) == {release.id for release in enqueued}
    assert broken(Look.at(redis_client)) == []


def test_a_brake_alone_lifts_the_old_one(braked_wave: list[Release], batch: Batch, waves: Waves) -> None:
    batch.enqueue(corrected(), WavePolicy(max_blocked=10))

    assert waves.state("spring").pause is None


def test_what_goes_on_of_the_wave_has_to_be_superseded_or_repeated(
    braked_wave: list[Release], batch: Batch, waves: Waves, store: ReleaseStore
) -> None:
    before = store.wave_tally("spring").counts

    with pytest.raises(InvalidRequest, match="1 of the releases of wave spring that go on"):
        batch.enqueue(corrected(4), CANARY)
    assert store.wave_tally("spring").counts == before
    assert braked(waves)

    repeated = some_requests(5, wave="spring")[4:]
    batch.check([*corrected(4), *repeated], CANARY)
    batch.enqueue([*corrected(4), *repeated], CANARY)
    assert store.wave_tally("spring").counts == counts({"queued": 2, "waiting": 3})


def test_without_a_policy_the_brake_stays_for_what_supersedes(
    braked_wave: list[Release], batch: Batch, waves: Waves, store: ReleaseStore
) -> None:
    batch.enqueue(corrected())

    assert braked(waves)
    assert store.wave_tally("spring").counts == counts({"queued": 5})


def test_one_that_was_worked_on_and_is_superseded_is_not_counted_as_started(
    wave: list[Release], store: ReleaseStore, releases: Releases, begin: Callable[[Release], Held]
) -> None:
    for release in wave[:2]:
        Attempt(begin(release), store=store, now=lambda: NOW).start()
    assert store.wave_tally("spring").started == 2

    releases.enqueue(corrected(1)[0])

    tally = store.wave_tally("spring")
    assert (tally.started, tally.counts) == (1, counts({"running": 1, "queued": 1, "waiting": 3}))


def test_one_that_another_wave_supersedes_stays_in_its_own(
    wave: list[Release], store: ReleaseStore, releases: Releases
) -> None:
    releases.enqueue(corrected(1)[0].model_copy(update={"wave": "summer"}))

    assert store.wave_tally("spring").counts == counts({"queued": 1, "waiting": 3, "cancelled": 1})
    assert store.wave_tally("summer").counts == counts({"queued": 1})


def test_what_still_happens_to_a_superseded_one_counts_no_more(
    wave: list[Release], store: ReleaseStore, releases: Releases, redis_client: redis.Redis
) -> None:
    releases.enqueue(corrected(1)[0])
    old = store.get(wave[0].id)
    assert old is not None

    store.save(old, old.release.changed("committed, as it was being cancelled", NOW))

    assert store.wave_tally("spring").counts == counts({"queued": 2, "waiting": 3})
    assert broken(Look.at(redis_client)) == []
