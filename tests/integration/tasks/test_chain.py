from __future__ import annotations

import ast
import base64
import json
from typing import Any, cast

import pytest
import redis
from celery import Celery

from releases.handles import task_id
from releases.states import TO_AUDIT, Step
from tasks.chain import send_chain
from tests.support.examples import APPID, NOW, a_release, a_request
from tests.support.records import QUEUES

SECRET_LOOKING = "hunter2-not-for-the-broker"


def messages(client: redis.Redis) -> list[dict[str, Any]]:
    raw = cast("list[str]", client.lrange("releases", 0, -1))
    return [json.loads(text) for text in raw]


def the_message(client: redis.Redis) -> tuple[dict[str, Any], Any]:
    """The only message in the queue: its headers and its body."""
    (message,) = messages(client)
    return message["headers"], json.loads(base64.b64decode(message["body"]))


def test_one_message_is_sent_to_the_queue_releases(celery_app: Celery, redis_client: redis.Redis) -> None:
    send_chain(celery_app, a_release(), QUEUES, NOW)

    assert len(messages(redis_client)) == 1


def test_no_queue_is_declared_to_send_to_it(celery_app: Celery, redis_client: redis.Redis) -> None:
    send_chain(celery_app, a_release(), QUEUES, NOW)

    assert redis_client.keys("_kombu.binding.*") == []


def test_the_message_carries_id_appid_and_version_only(celery_app: Celery, redis_client: redis.Redis) -> None:
    release = a_release()

    send_chain(celery_app, release, QUEUES, NOW)

    headers, (args, kwargs, embed) = the_message(redis_client)
    assert headers["task"] == "tasks.ensure_domains"
    assert (args, kwargs) == ([release.id, APPID, "1.4.2"], {})
    assert [later["args"] for later in embed["chain"]] == [[release.id, APPID, "1.4.2"]] * 2
    assert [later["kwargs"] for later in embed["chain"]] == [{}, {}]


def test_the_last_tasks_id_is_the_release_id_and_the_earlier_ones_are_made_from_it(
    celery_app: Celery, redis_client: redis.Redis
) -> None:
    release = a_release()

    send_chain(celery_app, release, QUEUES, NOW)

    headers, (_, _, embed) = the_message(redis_client)
    later = {task["task"]: task["options"]["task_id"] for task in embed["chain"]}
    assert headers["id"] == f"{release.id}:ensure_domains"
    assert later == {"tasks.commit_code": f"{release.id}:commit_code", "tasks.submit_audit": release.id}


@pytest.mark.parametrize("step", TO_AUDIT)
def test_it_begins_at_the_release_s_step(step: Step, celery_app: Celery, redis_client: redis.Redis) -> None:
    release = a_release(step=step)

    send_chain(celery_app, release, QUEUES, NOW)

    headers, (_, _, embed) = the_message(redis_client)
    later = [task["task"] for task in reversed(embed["chain"] or [])]
    assert [headers["task"], *later] == [step.task_name for step in TO_AUDIT[step.position :]]
    assert headers["id"] == task_id(release, step)


def test_nothing_of_the_payload_is_in_the_message(celery_app: Celery, redis_client: redis.Redis) -> None:
    request = a_request(
        user_desc=SECRET_LOOKING,
        ext={"ext": {"key": SECRET_LOOKING}},
        audit={"feedback_info": SECRET_LOOKING},
    )

    send_chain(celery_app, a_release(request), QUEUES, NOW)

    (raw,) = messages(redis_client)
    assert SECRET_LOOKING not in json.dumps(raw)
    assert SECRET_LOOKING not in base64.b64decode(raw["body"]).decode()


def test_a_monitor_is_shown_of_every_step_whose_it_is(celery_app: Celery, redis_client: redis.Redis) -> None:
    send_chain(celery_app, a_release(a_request(wave="spring 春")), QUEUES, NOW)

    headers, (_, _, embed) = the_message(redis_client)
    shown = [headers["kwargsrepr"], *(task["options"]["kwargsrepr"] for task in embed["chain"])]
    # As a literal: Flower reads it and searches by its names.
    assert [ast.literal_eval(text) for text in shown] == [
        {"appid": APPID, "version": "1.4.2", "wave": "spring 春"}
    ] * 3


def test_the_message_is_json(celery_app: Celery, redis_client: redis.Redis) -> None:
    send_chain(celery_app, a_release(), QUEUES, NOW)

    (message,) = messages(redis_client)
    assert message["content-type"] == "application/json"


def test_an_urgent_release_goes_to_the_urgent_queue_with_all_its_steps(
    celery_app: Celery, redis_client: redis.Redis
) -> None:
    send_chain(celery_app, a_release(a_request(urgent=True)), QUEUES, NOW)

    assert redis_client.llen("releases") == 0
    raw = cast("list[str]", redis_client.lrange("releases.urgent", 0, -1))
    (message,) = (json.loads(text) for text in raw)
    _, _, embed = json.loads(base64.b64decode(message["body"]))
    assert [later["options"]["queue"] for later in embed["chain"]] == ["releases.urgent"] * 2
