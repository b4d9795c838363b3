"""A Redis that an old version filled is migrated: see `tests.support.old_version`, which fills it."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest
import redis

from db.database import Database
from releases.record import Release
from releases.states import ACTIVE, AT_REST, LOOKED_AT, Status
from releases.store import keys, schema
from releases.store.known import dump, parse
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from releases.store.schema import NEWEST, SPREAD_S, BeingMigrated, NewerSchema, OldWorkers, Schema
from tests.integration.releases.together import all_at_once
from tests.support.old_version import load
from tests.support.records import everything

#: What is of the first layout alone, and what is of the second alone.
OLD_KEYS = ("releases:parked", "releases:unfed", "releases:held:", "releases:suspects", "releases:reconciler")
NEW_KEYS = ("releases:since:", "releases:due:", "releases:sent", "releases:held-by:", keys.SCHEMA)
BEGUN, NEW, URGENT = keys.due(Lane.BEGUN), keys.due(Lane.NEW), keys.due(Lane.URGENT)
LOOKS = keys.due(Lane.LOOKS)
SENT, SENT_URGENT = keys.sent(urgent=False), keys.sent(urgent=True)


@pytest.fixture
def old_redis(redis_client: redis.Redis) -> redis.Redis:
    load(redis_client)
    return redis_client


def nobody() -> list[str]:
    return []


def migrate(client: redis.Redis) -> int:
    return Schema(Database(client), old_workers=nobody).check()


def records(client: redis.Redis) -> list[Release]:
    return list(ReleaseStore(Database(client)).find())


def stand(client: redis.Redis) -> dict[str, list[tuple[str, float]]]:
    """Where each release stands, and its time there: all indexes of places that there are."""
    found: dict[str, list[tuple[str, float]]] = {}
    for pattern in ("releases:due:*", "releases:sent*", "releases:held-by:*"):
        for index in cast("list[str]", client.keys(pattern)):
            for release_id, score in cast("Any", client.zrange(index, 0, -1, withscores=True)):
                found.setdefault(release_id, []).append((index, score))
    return found


def assert_well(client: redis.Redis) -> None:
    """What has to be true of layout 3."""
    standing = stand(client)
    for release in records(client):
        said = cast("dict[str, str]", client.hgetall(keys.record(release.id)))
        where = [index for index, _ in standing.pop(release.id, [])]
        assert where == ([said["place"]] if "place" in said else []), release.id
        assert bool(where) is (release.status in LOOKED_AT), release.id
        assert (said.get("urgent") == "1") is release.urgent
        if release.status is Status.SUBMITTED:
            assert where == [LOOKS]
            assert release.review is not None
            assert client.hget(keys.mini_program(release.appid), "ahead") == release.id
        elif where:
            urgent_ones = {URGENT, SENT_URGENT}
            assert (where[0] in urgent_ones) is release.urgent or where[0].startswith(keys.held(""))
    assert standing == {}
    assert [key for key in cast("list[str]", client.keys("*")) if key.startswith(OLD_KEYS)] == []
    assert client.get(keys.SCHEMA) == str(NEWEST)
    assert client.get(keys.SCHEMA_LOCK) is None


def test_the_old_redis_has_what_it_is_for(old_redis: redis.Redis) -> None:
    there = Counter(release.status for release in records(old_redis))
    assert set(there) == {*ACTIVE, Status.CANCELLED, Status.SUBMITTED}
    assert all(old_redis.exists(key) for key in ("releases:parked", "releases:unfed", "unacked", "releases"))
    held = cast("list[str]", old_redis.keys("releases:held:*"))
    assert {key.split(":")[2] for key in held} == {"all", "submissions", "wave"}
    assert old_redis.get(keys.SCHEMA) is None
    tokens = [str(value) for key, value in everything(old_redis).items() if key.startswith("wechat:token:")]
    assert {"gAAAA" in token for token in tokens} == {True, False}


def test_each_release_that_goes_on_gets_the_one_place_where_it_waited(old_redis: redis.Redis) -> None:
    before = {release.id: release for release in records(old_redis)}
    parked = dict(cast("Any", old_redis.zrange("releases:parked", 0, -1, withscores=True)))
    unfed = set(cast("list[str]", old_redis.zrange("releases:unfed", 0, -1)))
    held = {
        release_id: key.removeprefix("releases:held:")
        for key in cast("list[str]", old_redis.keys("releases:held:*"))
        for release_id in cast("set[str]", old_redis.smembers(key))
    }
    seconds, _ = old_redis.time()
    moved = migrate(old_redis)
    assert_well(old_redis)
    standing = stand(old_redis)
    assert moved == len(standing) == sum(release.status in LOOKED_AT for release in before.values())
    kinds: Counter[str] = Counter()
    for release_id, [(index, at)] in standing.items():
        release = before[release_id]
        created = old_redis.zscore(keys.ALL, release_id)
        if release.status is Status.SUBMITTED:
            assert seconds - 1 <= at <= seconds + SPREAD_S + 5
            expected: tuple[str, Any] = LOOKS, at
        elif release_id in held:
            expected = keys.held(held[release_id]), created
        elif release_id in parked:
            expected = (URGENT if release.urgent else BEGUN), parked[release_id]
        elif release_id in unfed:
            expected = (URGENT if release.urgent else NEW), created
        else:
            assert seconds - 1 <= at <= seconds + 5
            expected = (SENT_URGENT if release.urgent else SENT), at
        assert (index, at) == pytest.approx(expected)
        kinds[index] += 1
    assert set(kinds) == {
        *(BEGUN, NEW, URGENT, LOOKS, SENT, SENT_URGENT),
        *map(keys.held, ("all", "submissions", "wave:autumn")),
    }


def test_all_else_stays_as_it_was(old_redis: redis.Redis) -> None:
    def all_else() -> dict[str, Any]:
        found = everything(old_redis)
        for key in [key for key in found if key.startswith((*OLD_KEYS, *NEW_KEYS))]:
            del found[key]
        for key, value in found.items():
            if key.startswith(("release:", "mini-program:")):
                followed = '"status":"submitted"' in value.get("document", "")
                gone = {"place", "urgent", "ahead", *(("document", "revision") if followed else ())}
                found[key] = {name: value[name] for name in value if name not in gone}
        return found

    before = all_else()
    leases = {key: old_redis.pttl(key) for key in cast("list[str]", old_redis.keys("lease:*"))}
    assert leases
    migrate(old_redis)
    assert all_else() == before
    assert all(0 < old_redis.pttl(key) <= left for key, left in leases.items())


def test_what_is_counted_is_what_the_records_say(old_redis: redis.Redis) -> None:
    migrate(old_redis)
    there = records(old_redis)
    for status in Status:
        assert old_redis.zcard(keys.by_status(status)) == sum(one.status is status for one in there)
    for wave in ("spring", "autumn", "winter"):
        of_wave = Counter(str(one.status) for one in there if one.wave == wave)
        assert +Counter(ReleaseStore(Database(old_redis)).wave_tally(wave).counts) == of_wave
    causes = {cause: int(number) for cause, number in cast("Any", old_redis.hgetall(keys.STOPPED)).items()}
    assert causes == Counter(one.cause for one in there if one.cause)


def test_a_record_of_every_status_is_read_and_written_as_it_is(old_redis: redis.Redis) -> None:
    for key in cast("list[str]", old_redis.keys("release:*")):
        document, revision = cast("list[str]", old_redis.hmget(key, "document", "revision"))
        stored = parse(document, revision)
        assert json.loads(dump(stored.release)) == json.loads(document)
        assert parse(dump(stored.release), revision) == stored
        if stored.release.status in (Status.BLOCKED, Status.FAILED, Status.CANCELLED):
            assert stored.release.error().args


class Died(BaseException):
    """The process was killed."""


class Dying(Schema):
    """Dies after so many steps, without a word: its lock stays."""

    def __init__(self, client: redis.Redis, steps: int) -> None:
        super().__init__(Database(client), old_workers=nobody)
        self._place = dying(self._place, steps)
        self._unlock = cast("Any", lambda **_: None)


def dying(script: Any, steps: int) -> Any:
    left = iter(range(steps))

    def run(**arguments: Any) -> Any:
        if next(left, None) is None:
            raise Died
        return script(**arguments)

    return run


@pytest.mark.parametrize("steps", range(8))
def test_a_migration_that_died_is_done_by_the_next(
    old_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(schema, "PAGE", 3)
    with pytest.raises(Died):
        Dying(old_redis, steps).check()
    assert old_redis.get(keys.SCHEMA) is None
    old_redis.pexpire(keys.SCHEMA_LOCK, 300)
    part = len(stand(old_redis))
    moved = migrate(old_redis)
    assert_well(old_redis)
    assert moved + part == len(stand(old_redis))


def test_many_at_once_migrate_once(redis_url: str, old_redis: redis.Redis) -> None:
    asked: list[int] = []

    def nobody_answers() -> list[str]:
        asked.append(1)
        return []

    def check(_n: int) -> int:
        with redis.Redis.from_url(redis_url, decode_responses=True) as client:
            mine = Schema(Database(client), old_workers=nobody_answers)
            moved = mine.check()
            assert mine.is_current
            return moved

    moved = all_at_once(8, check)
    assert len(asked) == 1
    assert sorted(moved)[:-1] == [0] * 7
    assert max(moved) == len(stand(old_redis))
    assert_well(old_redis)


def test_whoever_lost_the_lock_leaves_it_to_the_other(old_redis: redis.Redis) -> None:
    def sleeps() -> list[str]:
        # Meanwhile its lock ends, and somebody else does all of it.
        old_redis.delete(keys.SCHEMA_LOCK)
        assert migrate(old_redis) > 0
        return []

    assert Schema(Database(old_redis), old_workers=sleeps).check() == 0
    assert_well(old_redis)


def test_a_lock_of_another_is_waited_for_and_not_for_ever(old_redis: redis.Redis) -> None:
    old_redis.set(keys.SCHEMA_LOCK, "another's")
    before = everything(old_redis)
    with pytest.raises(BeingMigrated):
        Schema(Database(old_redis), old_workers=nobody, patience_s=0.3).check()
    assert everything(old_redis) == before


def test_while_an_old_worker_answers_nothing_is_changed(old_redis: redis.Redis) -> None:
    before = everything(old_redis)
    refused = Schema(Database(old_redis), old_workers=lambda: ["celery@old-2", "celery@old-1"])
    with pytest.raises(OldWorkers, match=r"celery@old-1, celery@old-2.*Stop all workers"):
        refused.check()
    assert not refused.is_current
    assert everything(old_redis) == before


def test_a_newer_layout_is_left_alone(old_redis: redis.Redis) -> None:
    old_redis.set(keys.SCHEMA, NEWEST + 1)
    before = everything(old_redis)
    with pytest.raises(NewerSchema, match=rf"schema {NEWEST + 1}.*knows {NEWEST}"):
        migrate(old_redis)
    assert everything(old_redis) == before


def test_a_new_database_gets_the_number_and_it_is_asked_for_once(redis_client: redis.Redis) -> None:
    assert migrate(redis_client) == 0
    assert everything(redis_client) == {keys.SCHEMA: str(NEWEST)}
    redis_client.config_resetstat()
    migrate(redis_client)
    commands = cast("dict[str, dict[str, int]]", redis_client.info("commandstats"))
    assert commands["cmdstat_get"]["calls"] == 1
    assert commands.keys() <= {"cmdstat_get", "cmdstat_config|resetstat", "cmdstat_config", "cmdstat_info"}


def a_record(client: redis.Redis, **different: Any) -> str:
    """One of layout 1, waiting and urgent."""
    document = {
        "id": "1",
        "appid": "wx1",
        "template_id": 1,
        "user_version": "1",
        "user_desc": "1",
        "ext": {},
        "audit": {},
        "step": "commit_code",
        "status": "waiting",
        "created_at": 1,
        "updated_at": 1,
        **different,
    }
    # As pydantic writes it: without spaces.
    text = json.dumps(document, separators=(",", ":"))
    client.hset("release:1", mapping={"document": text, "revision": 1, "fence": 0})
    client.zadd(keys.ALL, {"1": 1000})
    client.zadd(keys.by_status(Status(document["status"])), {"1": 1000})
    return "1"


def in_all(client: redis.Redis) -> None:
    client.zadd("releases:unfed", {"1": 3000})
    client.zadd("releases:parked", {"1": 2000})
    client.sadd("releases:held:all", "1")


def in_two(client: redis.Redis) -> None:
    client.zadd("releases:unfed", {"1": 3000})
    client.zadd("releases:parked", {"1": 2000})


@pytest.mark.parametrize(("put", "expected"), [(in_all, (keys.held("all"), 1000)), (in_two, (BEGUN, 2000))])
def test_one_that_stood_in_several_stands_in_one(
    redis_client: redis.Redis, put: Callable[[redis.Redis], None], expected: tuple[str, float]
) -> None:
    a_record(redis_client)
    put(redis_client)
    migrate(redis_client)
    assert_well(redis_client)
    assert stand(redis_client) == {"1": [expected]}


@pytest.mark.parametrize("status", sorted(AT_REST - {Status.SUBMITTED}))
def test_one_at_rest_that_was_left_in_an_index_gets_no_place(
    redis_client: redis.Redis, status: Status
) -> None:
    a_record(redis_client, status=status, urgent=True)
    in_all(redis_client)
    migrate(redis_client)
    assert_well(redis_client)
    assert redis_client.hget("release:1", "urgent") == "1"


def test_what_the_platform_says_in_ext_makes_nothing_urgent(redis_client: redis.Redis) -> None:
    a_record(redis_client, ext={"ext": {"urgent": True}, "deep": json.loads("[" * 150 + "]" * 150)})
    migrate(redis_client)
    assert_well(redis_client)


def test_what_was_moved_is_told_as_one_or_as_many() -> None:
    assert "1 release that goes on or is under audit was moved" in schema.in_words(1)
    assert "2 releases that go on or are under audit were moved" in schema.in_words(2)
