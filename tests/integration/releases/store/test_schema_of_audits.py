"""What an older version submitted is followed, or replaced: the Redis of schema 2, which `tests.support.old_version` fills."""

from __future__ import annotations

from collections import Counter

import pytest
import redis

from db.database import Database
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status
from releases.store import keys, schema
from releases.store.records import ReleaseStore
from releases.store.schema import SPREAD_S, LockLost, Schema
from tests.integration.releases.store.test_schema import (
    Died,
    Dying,
    assert_well,
    dying,
    migrate,
    nobody,
    records,
    stand,
)
from tests.support.invariants import broken
from tests.support.looks import Look
from tests.support.old_version import REDIS_OF_2, load
from tests.support.records import everything


@pytest.fixture
def redis_of_2(redis_client: redis.Redis) -> redis.Redis:
    load(redis_client, REDIS_OF_2)
    return redis_client


def test_of_what_is_submitted_the_newest_is_followed_and_the_older_ones_are_replaced(
    redis_of_2: redis.Redis,
) -> None:
    submitted = [one for one in records(redis_of_2) if one.status is Status.SUBMITTED]
    of_each: dict[str, list[Release]] = {}
    for one in submitted:
        of_each.setdefault(one.appid, []).append(one)
    assert sorted(map(len, of_each.values())) == [1, 1, 1, 2, 3]
    results = sorted(redis_of_2.scan_iter("celery-task-meta-*"))
    seconds, _ = redis_of_2.time()

    assert migrate(redis_of_2) == len(of_each)

    assert_well(redis_of_2)
    assert broken(Look.at(redis_of_2)) == []
    after = {one.id: one for one in records(redis_of_2)}
    times = []
    for older in of_each.values():
        newest = after[older.pop().id]
        assert (newest.status, newest.history) == (Status.SUBMITTED, after[newest.id].history)
        assert newest.review == Review(status=ReviewStatus.IN_REVIEW, submitted_at=newest.updated_at)
        times.append(stand(redis_of_2)[newest.id][0][1] - seconds)
        for one in older:
            assert after[one.id].status is Status.REPLACED
            assert after[one.id].auditid == one.auditid
            assert "a newer release" in after[one.id].history[-1].what
    assert all(-1 <= at <= SPREAD_S + 5 for at in times)
    assert max(times) - min(times) > SPREAD_S / 100, "spread over a day"
    assert sorted(redis_of_2.scan_iter("celery-task-meta-*")) == results, "they were told long ago"


def test_what_goes_on_and_waves_stay_as_they_are_but_for_what_is_replaced(redis_of_2: redis.Redis) -> None:
    going_on = {one.id: one for one in records(redis_of_2) if one.status is not Status.SUBMITTED}
    standing = {name: stand(redis_of_2).get(name) for name in going_on}

    migrate(redis_of_2)

    assert {one.id: one for one in records(redis_of_2) if one.id in going_on} == going_on
    assert {name: stand(redis_of_2).get(name) for name in going_on} == standing
    store = ReleaseStore(Database(redis_of_2))
    assert +Counter(store.wave_tally("spring").counts) == {"submitted": 3, "replaced": 2}
    assert +Counter(store.wave_tally("summer").counts) == {
        "submitted": 1,
        "replaced": 1,
        "waiting": 1,
        "cancelled": 1,
    }


@pytest.mark.parametrize("steps", range(5))
def test_a_migration_of_the_audits_that_died_is_done_by_the_next(
    redis_of_2: redis.Redis, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(schema, "PAGE", 2)
    by = Dying(redis_of_2, 0)
    by._follow = dying(by._follow, steps)
    if steps < 4:
        with pytest.raises(Died):
            by.check()
        assert redis_of_2.get(keys.SCHEMA) == "2"
        redis_of_2.pexpire(keys.SCHEMA_LOCK, 300)
        migrate(redis_of_2)
    else:
        by.check()
        redis_of_2.delete(keys.SCHEMA_LOCK)
    assert_well(redis_of_2)
    assert broken(Look.at(redis_of_2)) == []
    assert Counter(one.status for one in records(redis_of_2))[Status.REPLACED] == 3


def test_whoever_lost_the_lock_while_it_followed_audits_writes_no_more(redis_of_2: redis.Redis) -> None:
    class Slow(Schema):
        def _follow_audits(self, token: str) -> int:
            redis_of_2.set(keys.SCHEMA_LOCK, "another's")
            before = everything(redis_of_2)
            with pytest.raises(LockLost) as lost:
                super()._follow_audits(token)
            assert everything(redis_of_2) == before
            redis_of_2.delete(keys.SCHEMA_LOCK)
            assert migrate(redis_of_2) > 0
            raise lost.value

    assert Slow(Database(redis_of_2), old_workers=nobody).check() == 0
    assert_well(redis_of_2)
