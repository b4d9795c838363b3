"""What is no message of ours is set aside with a log line and does not stop the worker."""

import json
from collections import Counter
from typing import Any

import pytest
import redis

from tests.support.garbage import GARBAGE, HARMLESS, QUEUE, SECRET, headers, message
from tests.support.workers import Platform, wait_for
from worker.celery_patches.set_aside import SET_ASIDE, entries


def is_quiet(client: redis.Redis) -> bool:
    return not client.llen(QUEUE) and not client.hlen("unacked")


def result(client: redis.Redis, task_id: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(str(client.get(f"celery-task-meta-{task_id}")))
    assert stored["status"] == "FAILURE"
    return dict(stored["result"])


@pytest.mark.parametrize("pool", ["threads", "prefork", "solo"])
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
            message(headers=headers(task="tasks.get_release", id="invalid", retries="many")),
            message(headers=headers(task="tasks.submit_audit", id="a-release"), body=[[42], {}, {}]),
        )
        wait_for(lambda: client.llen(SET_ASIDE) == 3)
        assert result(client, "unknown")["exc_type"] == "NotRegistered"
        assert result(client, "invalid")["exc_type"] == "InvalidTaskError"
        assert "retries" in result(client, "invalid")["exc_message"][0]
        # The id of a step's message may be a release's, and its record says how that stands.
        assert not client.exists("celery-task-meta-a-release")


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


def test_a_message_that_names_another_queue_is_retried_in_ours(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "modify_domain", "status", status=503, times=1)
    # One by itself has its message at once; those of a file wait until a worker feeds the queue.
    what = ("--template-id", "1", "--user-version", "1.0.0", "--user-desc", "first")
    enqueued = platform.documents("enqueue", "--appid", appid, *what)[0]
    with platform.redis() as client:
        item = json.loads(str(client.lindex(QUEUE, 0)))
        item["properties"]["delivery_info"] = {"exchange": "", "routing_key": "elsewhere"}
        client.lset(QUEUE, 0, json.dumps(item))
        with platform.worker(MPRELEASE_WORKER__SWEEP_S="60") as worker:
            wait_for(lambda: platform.show(enqueued["id"])["status"] == "submitted")
            assert "QueueNotFound" not in worker.text()
