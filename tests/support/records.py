"""Records in a Redis to test with, and what Redis holds of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import redis

from releases.record import Release
from releases.scope import Scope
from releases.states import Status
from releases.store import keys
from releases.store.creations import Creation
from releases.store.known import Known, Stored
from releases.store.places import Lane, Place, sent
from releases.store.records import ReleaseStore
from tests.support.examples import a_release, a_request

QUEUE, URGENT_QUEUE = "releases", "releases.urgent"
QUEUES = {True: URGENT_QUEUE, False: QUEUE}


def known_in(store: ReleaseStore, appid: str, identity: str) -> Known:
    """What a request for this version of the Mini Program is held against."""
    (known,) = store.known_to_all([(appid, identity)])
    return known


def create_in(store: ReleaseStore, release: Release, known: Known, superseded: Release | None = None) -> bool:
    """Write a release whose message is sent next, as `enqueue` does."""
    return store.create_all([Creation(release, known, sent(release, release.created_at), superseded)])


def created(store: ReleaseStore, release: Release) -> Stored:
    known = known_in(store, release.appid, release.identity)
    assert create_in(store, release, known)
    stored = store.get(release.id)
    assert stored is not None
    return stored


def everything(client: redis.Redis) -> dict[str, Any]:
    """All that the database holds, to compare before and after."""
    readers: dict[str, Callable[[str], Any]] = {
        "hash": client.hgetall,
        "set": client.smembers,
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "list": lambda key: client.lrange(key, 0, -1),
        "string": client.get,
    }
    keys_there = cast("list[str]", client.keys("*"))
    return {key: readers[cast("str", client.type(key))](key) for key in keys_there}


def members(client: redis.Redis, key: str) -> list[str]:
    return cast("list[str]", client.zrange(key, 0, -1))


def place_of(client: redis.Redis, release: Release) -> tuple[str, float] | None:
    """Where it stands and since or until when, as record and index say alike; None at rest."""
    indexes = [*map(keys.due, Lane), keys.sent(urgent=True), keys.sent(urgent=False), *map(keys.held, Scope)]
    found = [(index, score) for index in indexes if (score := client.zscore(index, release.id)) is not None]
    said = client.hget(keys.record(release.id), "place")
    assert [index for index, _ in found] == ([said] if said else [])
    return found[0] if found else None


def at(seconds: float) -> datetime:
    """A moment so many seconds from now."""
    return datetime.fromtimestamp(time.time() + seconds, UTC)


def stored_at(
    store: ReleaseStore, where: Callable[[Release], Place], n: int = 1, *, urgent: bool = False
) -> Stored:
    """A waiting release that stands there."""
    stored = created(store, a_release(a_request(appid=f"wx{n:016d}", urgent=urgent)))
    release = stored.release.model_copy(update={"status": Status.WAITING})
    return store.save(stored, release, place=where(release))


def stands(client: redis.Redis, release: Release, index: str, at: float) -> bool:
    """Whether it stands in that index, at about that time."""
    place = place_of(client, release)
    return place is not None and place[0] == index and abs(place[1] - at) < 1.5


def sent_since(store: ReleaseStore, seconds: float, n: int = 1, *, urgent: bool = False) -> Release:
    return stored_at(store, lambda release: sent(release, at(-seconds)), n, urgent=urgent).release


def fill(client: redis.Redis, number: int, queue: str = QUEUE) -> None:
    """Messages of somebody else's in a queue."""
    client.lpush(queue, *(json.dumps({"headers": {"id": f"other-{n}"}}) for n in range(number)))
