"""What is no message of ours is set aside with a log line and does not stop the worker."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import redis
from celery import Celery, chain, chord, group

from releases.store.keys import SET_ASIDE
from tests.support.celery_clients import celery_client
from tests.support.garbage import GARBAGE, HARMLESS, QUEUE, SECRET, headers, message
from tests.support.unacknowledged import let_messages_age
from tests.support.workers import PATIENT, Platform, wait_for
from worker.celery_patches.set_aside import entries


def is_quiet(client: redis.Redis) -> bool:
    return not client.llen(QUEUE) and not client.hlen("unacked")


def result(client: redis.Redis, task_id: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(str(client.get(f"celery-task-meta-{task_id}")))
    assert stored["status"] == "FAILURE"
    return dict(stored["result"])


@pytest.mark.parametrize(
    "pool", ["threads", *(pytest.param(pool, marks=pytest.mark.long) for pool in ("prefork", "solo"))]
)
def test_garbage_in_the_queue_is_set_aside_and_the_wave_goes_on(own_platform: Platform, pool: str) -> None:
    platform = own_platform
    with platform.worker(MPRELEASE_WORKER__POOL=pool) as worker, platform.redis() as client:
        client.lpush(QUEUE, *GARBAGE.values(), *HARMLESS.values())
        assert platform.release(platform.mini_program())["status"] == "submitted"
        wait_for(lambda: is_quiet(client))
        assert worker.process.poll() is None
        kept = Counter(entry.raw for entry in entries(client))
        names = {item: name for name, item in {**HARMLESS, **GARBAGE}.items()}
        assert {names[item] for item in kept} == set(GARBAGE)
        assert set(kept.values()) == {1}
        log = worker.text()
        assert log.count(f"set aside in {SET_ASIDE}") == len(GARBAGE)
        assert SECRET not in log
        assert "Traceback" not in log


def test_a_caller_learns_that_its_message_was_set_aside(own_platform: Platform) -> None:
    with own_platform.worker(), own_platform.redis() as client:
        client.lpush(
            QUEUE,
            message("tasks.of_tomorrow", headers=headers(task="tasks.of_tomorrow", id="unknown")),
            message(headers=headers(task="tasks.get_release", id="invalid", expires="soon")),
            message(headers=headers(task="tasks.submit_audit", id="a-release"), body=[[42], {}, {}]),
        )
        wait_for(lambda: client.llen(SET_ASIDE) == 3)
        assert result(client, "unknown")["exc_type"] == "NotRegistered"
        assert result(client, "invalid")["exc_type"] == "InvalidTaskError"
        assert "expires" in result(client, "invalid")["exc_message"][0]
        # The id of a step's message may be a release's, and its record says how that stands.
        assert not client.exists("celery-task-meta-a-release")


@pytest.fixture
def client_of(own_platform: Platform) -> Iterator[Celery]:
    """A Celery client that has nothing of ours."""
    with celery_client(own_platform.redis_url, task_default_queue=QUEUE) as app:
        yield app


def canvases(app: Celery, request: dict[str, Any]) -> dict[str, Any]:
    """What a Celery client may make of a request, but a request by itself."""
    start = app.signature("tasks.start_release", kwargs=request, immutable=True)
    after = app.signature("tasks.get_release", kwargs={"release_id": "x"}, immutable=True)
    return {
        "chord": chord([start, start], after, app=app),
        "chord of one": chord([start], after, app=app),
        "chord with a chain as its body": chord([start, start], chain(after, after, app=app), app=app),
        "chain": chain(start, after, after, app=app),
        "chain of a group": chain(group([start, start], app=app), after, app=app),
        "link": start.clone().on_error(after),
        "countdown": start.clone().set(countdown=3600),
    }


@pytest.mark.filterwarnings(
    "ignore:Call to deprecated setex:DeprecationWarning"
)  # Celery notes a chord's size
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind == "chain" else pytest.mark.long)
        for kind in canvases(Celery(set_as_current=False), {})
    ],
)
def test_a_request_that_is_not_sent_by_itself_is_set_aside_and_answered(
    own_platform: Platform, client_of: Celery, kind: str
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    with platform.worker("--concurrency", "2") as worker, platform.redis() as client:
        for _ in range(3):  # more than it has threads
            waiting = canvases(client_of, platform.request(appid))[kind].apply_async()
            wait_for(partial(client.exists, f"celery-task-meta-{waiting.id}"))
            assert result(client, waiting.id)["exc_type"] == "InvalidTaskError"
        assert platform.releases() == []
        assert platform.release(appid)["status"] == "submitted"
        assert "Traceback" not in worker.text()
        assert client.llen(SET_ASIDE) >= 3
        wait_for(partial(is_quiet, client))


def test_a_group_of_requests_is_many_requests(own_platform: Platform, client_of: Celery) -> None:
    requests = [own_platform.request(appid) for appid in own_platform.mini_programs(3)]
    starts = [client_of.signature("tasks.start_release", kwargs=request) for request in requests]
    with own_platform.worker(), own_platform.redis() as client:
        sent: Any = group(starts, app=client_of).apply_async()
        ids = [one.id for one in sent.results]
        wait_for(lambda: client.exists(*(f"celery-task-meta-{one}" for one in ids)) == len(ids))
        wait_for(lambda: len(own_platform.releases()) == len(requests))


@pytest.mark.long
def test_the_result_of_a_release_is_not_overwritten_by_a_message_that_names_it(
    own_platform: Platform,
) -> None:
    platform = own_platform
    with platform.worker(), platform.redis() as client:
        release = platform.release(platform.mini_program())
        named = {"task": "tasks.get_release", "args": [], "options": {"task_id": release["id"]}}
        bad = headers(task="tasks.get_release", id=release["id"])
        client.lpush(QUEUE, message(headers=bad, body=[[], {}, {"chord": named}]))
        wait_for(lambda: client.llen(SET_ASIDE))
        stored = json.loads(str(client.get(f"celery-task-meta-{release['id']}")))
        assert (stored["status"], stored["result"]) == ("SUCCESS", release["auditid"])


def test_what_was_set_aside_is_listed_and_goes_back_to_the_queue(own_platform: Platform) -> None:
    platform = own_platform
    with platform.redis() as client:
        with platform.worker():
            client.lpush(QUEUE, GARBAGE["an unknown task"], GARBAGE["no UTF-8"])
            wait_for(lambda: client.llen(SET_ASIDE) == 2)
        assert "set aside" in platform.run("doctor", code=1).stdout
        listed = platform.run("set-aside", "list").stdout
        assert "unknown task 'tasks.no_such_task'" in listed
        assert SECRET not in listed
        last, first = platform.documents("set-aside", "list")
        assert set(first) == {"at", "why", "item"}
        assert first["item"].encode() == GARBAGE["an unknown task"]
        assert last["why"] == "no message: JSONDecodeError"
        platform.run("set-aside", "requeue")
        assert platform.documents("set-aside", "list") == []
    with redis.Redis.from_url(platform.redis_url) as raw:
        assert raw.lrange(QUEUE, 0, -1) == [GARBAGE["no UTF-8"], GARBAGE["an unknown task"]]
        raw.rename(QUEUE, SET_ASIDE)
        assert "2 forgotten" in platform.run("set-aside", "clear", "--yes").stderr
        assert not raw.exists(SET_ASIDE)


@pytest.mark.long
def test_a_message_that_names_another_queue_comes_again_in_ours(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.hold(appid, "commit")
    # One by itself has its message at once; those of a file wait until a worker feeds the queue.
    what = ("--template-id", "1", "--user-version", "1.0.0", "--user-desc", "first")
    platform.documents("enqueue", "--appid", appid, *what)
    with platform.redis() as client:
        item = json.loads(str(client.lindex(QUEUE, 0)))
        item["properties"]["delivery_info"] = {"exchange": "", "routing_key": "elsewhere"}
        client.lset(QUEUE, 0, json.dumps(item))
        with platform.worker(**PATIENT) as first:
            wait_for(lambda: platform.calls(appid, "commit"))
            first.process.kill()
        let_messages_age(client)
        with platform.worker() as second:
            wait_for(lambda: is_quiet(client))
            assert second.text().count(" received") == 1
            assert "QueueNotFound" not in second.text()
        assert not client.exists("elsewhere")
