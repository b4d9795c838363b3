"""Counts that somebody left wrong are made anew from the records, beside whoever writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from db.database import Database
from releases.intake.one import Releases
from releases.record import Release
from releases.states import Status
from releases.store import keys
from releases.store.records import ReleaseStore
from releases.store.recounting import recount
from tests.integration.releases.together import WAVE, wx
from tests.support.examples import a_request
from tests.support.invariants import broken
from tests.support.looks import Look

COUNTS = keys.wave_counts(WAVE)


def test_right_counts_are_left_alone(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str]
) -> None:
    before = redis_client.hgetall(COUNTS), redis_client.hgetall(keys.STOPPED)

    found = recount(Database(redis_client), store)

    assert (found.right, found.mended, found.moving) == ((f"wave {WAVE}", "causes", "steps"), (), ())
    assert (redis_client.hgetall(COUNTS), redis_client.hgetall(keys.STOPPED)) == before


@pytest.mark.parametrize(
    "damage",
    [
        {"running": 7},
        {"running": 0},
        {"blocked": 2},
        {"started": 3},
        {"waits wave": -1},
        {"waits 45011": 1},
    ],
)
def test_wrong_counts_of_a_wave_are_made_anew(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str], damage: dict[Any, Any]
) -> None:
    right = redis_client.hgetall(COUNTS)
    redis_client.hset(COUNTS, mapping=damage)
    assert broken(Look.at(redis_client)) != []

    found = recount(Database(redis_client), store)

    assert found.mended == (f"wave {WAVE}",)
    assert redis_client.hgetall(COUNTS) == right
    assert broken(Look.at(redis_client)) == []


def test_wrong_causes_are_made_anew_and_lost_counts_as_well(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str]
) -> None:
    redis_client.hset(keys.STOPPED, mapping={"blocked ensure_domains 85017": 5, "failed commit_code -1": 1})
    redis_client.delete(COUNTS)

    assert recount(Database(redis_client), store).mended == (f"wave {WAVE}", "causes")
    assert broken(Look.at(redis_client)) == []


def test_what_monitors_count_of_the_second_half_is_made_anew(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str]
) -> None:
    redis_client.hset(keys.STANDING, mapping={"verify_live blocked": 2, "behind": 1})
    assert broken(Look.at(redis_client)) != []

    assert recount(Database(redis_client), store).mended == ("steps",)
    assert broken(Look.at(redis_client)) == []


def test_who_left_a_wave_is_not_counted_in_it(
    redis_client: redis.Redis, store: ReleaseStore, releases: Releases, ids: dict[str, str]
) -> None:
    releases.enqueue(a_request(appid=wx("wave-1"), wave=WAVE, user_version="2.0.0", supersede=True))
    right = redis_client.hgetall(COUNTS)
    redis_client.hincrby(COUNTS, "cancelled", 1)

    assert recount(Database(redis_client), store).mended == (f"wave {WAVE}",)
    assert redis_client.hgetall(COUNTS) == right


def test_a_program_that_is_told_of_waves_is_told_of_what_was_mended(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str]
) -> None:
    redis_client.zadd(keys.CHANGED, {"release:x": 1})
    redis_client.hset(COUNTS, mapping={"revision": 7, "running": 9})

    recount(Database(redis_client), store)

    assert redis_client.zscore(keys.CHANGED, f"wave:{WAVE}") is not None
    assert redis_client.hget(COUNTS, "revision") == "8"
    assert recount(Database(redis_client), store).mended == ()


class Busy(ReleaseStore):
    """A store beside which somebody changes a wave's counts whenever its releases are read, so many times."""

    left = 0

    def find(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> Iterator[Release]:
        if wave is not None and self.left:
            self.left -= 1
            self._redis.hincrby(COUNTS, "started", 1)
        return super().find(status=status, wave=wave, appid=appid)


@pytest.mark.parametrize(("times", "outcome"), [(4, "mended"), (5, "moving")])
def test_what_is_changed_all_the_time_is_left_for_later(
    redis_client: redis.Redis, store: ReleaseStore, ids: dict[str, str], times: int, outcome: str
) -> None:
    right = redis_client.hgetall(COUNTS)
    redis_client.hincrby(COUNTS, "running", 1)
    db = Database(redis_client)
    busy = Busy(db)
    busy.left = times

    assert getattr(recount(db, busy), outcome) == (f"wave {WAVE}",)
    recount(db, store)
    assert redis_client.hgetall(COUNTS) == right
