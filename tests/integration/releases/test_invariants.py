"""The checker of what has to be true of all records and indexes finds each thing that is broken by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from releases.background.due import Due
from releases.intake.one import Releases
from releases.states import Status
from releases.store.leases import Held, Leases
from tests.integration.releases.together import WAVE, wx
from tests.support.invariants import broken, unrest
from tests.support.looks import Look

Ids = dict[str, str]


def test_nothing_is_broken_in_what_the_store_writes(redis_client: redis.Redis, ids: Ids) -> None:
    first = Look.at(redis_client)
    assert {one.status for one in first.records.values()} == set(Status) - {Status.REPLACED, Status.REVERTED}
    assert broken(first) == []
    assert broken(Look.at(redis_client), first) == []


def _with_document(client: redis.Redis, release_id: str, **fields: Any) -> object:
    record = f"release:{release_id}"
    document = json.loads(str(client.hget(record, "document")))
    return client.hset(record, "document", json.dumps({**document, **fields}))


BREAKS: dict[str, tuple[Callable[[redis.Redis, Ids], object], str]] = {
    "a release that goes on and stands nowhere": (
        lambda client, ids: client.zrem("releases:sent", ids["sent"]),
        "goes on (queued), stands in []",
    ),
    "a release that stands in two places": (
        lambda client, ids: client.zadd("releases:due:begun", {ids["sent"]: 1}),
        "goes on (queued), stands in ['releases:due:begun', 'releases:sent']",
    ),
    "a record that names another place": (
        lambda client, ids: client.hset(f"release:{ids['sent']}", "place", "releases:due:new"),
        "its record says releases:due:new",
    ),
    "a record that names no place": (
        lambda client, ids: client.hdel(f"release:{ids['due']}", "place"),
        "its record says None",
    ),
    "a release at rest that is due": (
        lambda client, ids: client.zadd("releases:due:begun", {ids["blocked"]: 1}),
        "is at rest (blocked) and stands in ['releases:due:begun']",
    ),
    "a release at rest whose record names a place": (
        lambda client, ids: client.hset(f"release:{ids['approved']}", "place", "releases:sent"),
        "is at rest (approved) and stands in []",
    ),
    "somebody due who has no record": (
        lambda client, ids: client.zadd("releases:due:new", {"nobody": 1}),
        "nobody stands in ['releases:due:new'] and has no record",
    ),
    "an urgent release in a lane of the others": (
        lambda client, ids: (
            client.zrem("releases:sent:urgent", ids["urgent"]),
            client.zadd("releases:sent", {ids["urgent"]: 1}),
            client.hset(f"release:{ids['urgent']}", "place", "releases:sent"),
        ),
        "is urgent and stands in releases:sent",
    ),
    "a release that another pause holds than it waits for": (
        lambda client, ids: (
            client.zrem("releases:held-by:submissions", ids["held"]),
            client.zadd("releases:held-by:all", {ids["held"]: 1}),
            client.hset(f"release:{ids['held']}", "place", "releases:held-by:all"),
        ),
        "waits for 'submissions' and stands in releases:held-by:all",
    ),
    "a release that is worked on and due too late": (
        lambda client, ids: client.zincrby("releases:due:begun", 5, ids["worked-on"]),
        "after its lease's end",
    ),
    "a release that is worked on and held": (
        lambda client, ids: (
            client.zrem("releases:due:begun", ids["worked-on"]),
            client.zadd("releases:due:new", {ids["worked-on"]: 1}),
            client.hset(f"release:{ids['worked-on']}", "place", "releases:due:new"),
        ),
        "is worked on",
    ),
    "a status index that lacks a release": (
        lambda client, ids: client.zrem("releases:status:blocked", ids["blocked"]),
        "releases:status:blocked lacks",
    ),
    "a status index that has another's release": (
        lambda client, ids: client.zadd("releases:status:running", {ids["blocked"]: 1}),
        "releases:status:running lacks [] and has",
    ),
    "a list of a Mini Program that lacks a release": (
        lambda client, ids: client.delete(f"releases:appid:{wx('due')}"),
        f"releases:appid:{wx('due')} lacks",
    ),
    "a list of a wave that lacks a release": (
        lambda client, ids: client.zrem(f"releases:wave:{WAVE}", ids["wave-1"]),
        f"releases:wave:{WAVE} lacks",
    ),
    "a list of all that lacks a release": (
        lambda client, ids: client.zrem("releases:all", ids["due"]),
        "releases:all lacks",
    ),
    "an index in another order than the list of all": (
        lambda client, ids: client.zincrby("releases:status:blocked", 1, ids["blocked"]),
        "releases:all at",
    ),
    "a wave that counts a status wrongly": (
        lambda client, ids: client.hincrby(f"releases:wave-counts:{WAVE}", "waiting", 1),
        "counts waiting=3 and has to be 2",
    ),
    "a wave that counts what was started wrongly": (
        lambda client, ids: client.hdel(f"releases:wave-counts:{WAVE}", "started"),
        "counts started=None and has to be 1",
    ),
    "a wave that counts what waits wrongly": (
        lambda client, ids: client.hincrby(f"releases:wave-counts:{WAVE}", "waits wave", -1),
        "counts waits wave=1 and has to be 2",
    ),
    "a wave whose minutes have too few": (
        lambda client, ids: (
            _with_document(client, ids["wave-1"], status="submitted"),
            client.delete(f"releases:wave-ends:{WAVE}"),
        ),
        "its minutes have fewer",
    ),
    "a wave that holds releases and that nobody watches": (
        lambda client, ids: client.srem("waves:watched", WAVE),
        "nobody watches it",
    ),
    "a cause that is counted once too often": (
        lambda client, ids: client.hincrby("releases:stopped", "blocked ensure_domains 85017", 1),
        "the causes are blocked ensure_domains 85017=2 and has to be 1",
    ),
    "a publication that is counted and is none": (
        lambda client, ids: client.hincrby("releases:standing", "publish queued", 1),
        "what monitors count is publish queued=1 and has to be None",
    ),
    "an audit whose beginning is not kept": (
        lambda client, ids: client.zadd("releases:since:submitted", {"none": 1}),
        "releases:since:submitted lacks [] and has ['none'] too many",
    ),
    "a Mini Program that forgot its active release": (
        lambda client, ids: client.hdel(f"mini-program:{wx('due')}", "active"),
        f"mini-program:{wx('due')} says active=None",
    ),
    "a Mini Program whose active release is at rest for good": (
        lambda client, ids: client.hset(f"mini-program:{wx('submitted')}", "active", ids["submitted"]),
        f"mini-program:{wx('submitted')} says active=",
    ),
    "a Mini Program that forgot its newest release": (
        lambda client, ids: client.hdel(f"mini-program:{wx('submitted')}", "12:1.4.2"),
        f"mini-program:{wx('submitted')} says 12:1.4.2=None",
    ),
    "a Mini Program whose newest release is cancelled": (
        lambda client, ids: client.hset(f"mini-program:{wx('cancelled')}", "12:1.4.2", ids["cancelled"]),
        "has to be None",
    ),
    "a Mini Program with two active releases": (
        lambda client, ids: _with_document(client, ids["due"], appid=wx("sent")),
        f"{wx('sent')} has 2 releases that are active",
    ),
    "a lease of nobody": (
        lambda client, ids: client.set(f"lease:{wx('nobody')}", 1, px=60_000),
        f"a lease belongs to {wx('nobody')}",
    ),
    "a lease without an end": (
        lambda client, ids: client.persist(f"lease:{wx('worked-on')}"),
        f"the lease of {wx('worked-on')} never ends",
    ),
    "a lease beyond the last one": (
        lambda client, ids: client.set("releases:last-lease", 1),
        "a number beyond the last one",
    ),
    "a record of a lease beyond the last one": (
        lambda client, ids: client.hset(f"release:{ids['due']}", "fence", 10**18),
        "was worked on under a lease beyond the last one",
    ),
    "a key of an unknown kind": (
        lambda client, ids: client.set("releases:parked", 1),
        "nobody knows what releases:parked is",
    ),
    "a record with a field that nobody knows": (
        lambda client, ids: client.hset(f"release:{ids['due']}", "stands", "x"),
        "has the fields",
    ),
    "a record that lacks its revision": (
        lambda client, ids: client.hdel(f"release:{ids['due']}", "revision"),
        "has the fields",
    ),
    "a record under another's id": (
        lambda client, ids: _with_document(client, ids["due"], id="x"),
        "is the record of x",
    ),
    "a record with a status that nobody knows": (
        lambda client, ids: _with_document(client, ids["due"], status="parked"),
        "has the status parked",
    ),
    "a record of another wave than its document": (
        lambda client, ids: client.hset(f"release:{ids['wave-1']}", "wave", "autumn"),
        "wave and urgent of record and document differ",
    ),
    "a record that is urgent and whose document is not": (
        lambda client, ids: client.hset(f"release:{ids['due']}", "urgent", 1),
        "wave and urgent of record and document differ",
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_broken_by_hand_is_found(redis_client: redis.Redis, ids: Ids, what: str) -> None:
    break_it, said = BREAKS[what]
    break_it(redis_client, ids)
    found = broken(Look.at(redis_client))
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (
            lambda client, one: client.hincrby(f"release:{one}", "revision", -1),
            "gone back from revision 2 to 1",
        ),
        (lambda client, one: client.hset(f"release:{one}", "fence", -1), "has gone back"),
        (lambda client, one: _with_document(client, one, user_desc="another"), "its revision has not"),
        (lambda client, one: client.delete(f"release:{one}"), "is gone"),
    ],
)
def test_what_goes_back_between_two_looks_is_found(
    redis_client: redis.Redis, ids: Ids, break_it: Callable[[redis.Redis, str], object], said: str
) -> None:
    before = Look.at(redis_client)
    break_it(redis_client, ids["due"])
    found = broken(Look.at(redis_client), before)
    assert any(said in problem for problem in found), found


def test_a_release_that_was_resumed_while_it_was_being_begun_is_no_mistake(
    redis_client: redis.Redis, ids: Ids, leases: Leases, releases: Releases
) -> None:
    assert isinstance(leases.begin(ids["due"], wx("due")), Held)
    releases.resume(ids["due"])
    assert broken(Look.at(redis_client)) == []


def test_what_goes_on_or_is_left_behind_is_no_rest(redis_client: redis.Redis, ids: Ids, due: Due) -> None:
    redis_client.delete(f"celery-task-meta-{ids['submitted']}")
    found = unrest(Look.at(redis_client))
    said = "\n".join(found)
    for name in ("sent", "due", "held", "worked-on", "urgent"):
        assert f"{ids[name]} is " in said
    assert f"a lease is left: lease:{wx('worked-on')}" in said
    assert f"{ids['submitted']} is submitted and has no result" in said
