from __future__ import annotations

import pytest
import redis

from cli.following import AT_ONCE, Followed
from db.database import Database
from releases.record import Release
from releases.states import Status
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import fed
from releases.store.records import ReleaseStore
from tests.support.examples import a_release, a_request

NOTHING = Known(active=None, same=None)
MANY = 3 * AT_ONCE + 10


@pytest.fixture
def store(redis_client: redis.Redis) -> ReleaseStore:
    return ReleaseStore(Database(redis_client))


@pytest.fixture
def releases(store: ReleaseStore) -> list[Release]:
    made = [a_release(a_request(appid=f"wx{number:016x}")) for number in range(MANY)]
    assert store.create_all([Creation(release, NOTHING, fed(release)) for release in made])
    return made


def end(store: ReleaseStore, release: Release) -> None:
    stored = store.get(release.id)
    assert stored is not None
    store.save(stored, stored.release.model_copy(update={"status": Status.SUBMITTED, "auditid": 1}))


def ended(release: Release) -> bool:
    return release.status is Status.SUBMITTED


def reads(client: redis.Redis) -> int:
    """How many records have been read."""
    stats = client.info("commandstats")
    return int(stats.get("cmdstat_hmget", {}).get("calls", 0))


def test_a_look_reads_a_few_of_many_and_all_come_to_their_turn(
    store: ReleaseStore, releases: list[Release], redis_client: redis.Redis
) -> None:
    followed = Followed(store, [release.id for release in releases])
    followed.look_at_all()
    assert followed.found() == releases
    for release in releases:
        end(store, release)

    looks = 0
    while still_open := followed.still_open(ended):
        assert len(still_open) == MANY - looks * AT_ONCE, "each look reads others"
        before = reads(redis_client)
        followed.look_at_some(still_open)
        assert reads(redis_client) - before == min(AT_ONCE, len(still_open))
        looks += 1

    assert looks == 4
    assert [release.id for release in followed.found()] == [release.id for release in releases]


def test_those_that_stay_open_are_looked_at_in_turn(store: ReleaseStore, releases: list[Release]) -> None:
    followed = Followed(store, [release.id for release in releases])
    followed.look_at_all()
    end(store, releases[-1])

    for _ in range(4):
        followed.look_at_some(followed.still_open(ended))

    assert ended(followed.found()[-1])
    assert len(followed.still_open(ended)) == MANY - 1


def test_a_few_are_read_at_each_look_and_one_named_twice_is_one(
    store: ReleaseStore, releases: list[Release]
) -> None:
    one, other = releases[:2]
    followed = Followed(store, [one.id, other.id, one.id])
    followed.look_at_all()
    end(store, one)
    end(store, other)

    followed.look_at_some(followed.still_open(ended))

    assert [release.id for release in followed.found()] == [one.id, other.id]
    assert followed.still_open(ended) == []
    assert len(followed) == 2


def test_one_that_has_no_record_stays_open_and_is_not_told(
    store: ReleaseStore, releases: list[Release]
) -> None:
    followed = Followed(store, ["gone", releases[0].id])
    followed.look_at_all()

    assert followed.still_open(ended) == ["gone", releases[0].id]
    assert followed.found() == releases[:1]
