"""What is no message of ours is set aside with a log line and does not stop the worker."""

import base64
import json
import uuid

from tests.workers import Platform, wait_for
from worker.transport import SET_ASIDE


def message(task: str, body: str, content_type: str = "application/json") -> str:
    task_id = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"lang": "any", "task": task, "id": task_id, "root_id": task_id},
            "properties": {
                "correlation_id": task_id,
                "delivery_tag": task_id,
                "delivery_mode": 2,
                "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": "releases"},
            },
        }
    )


#: Items that are no messages, and one that is a message of no protocol that Celery knows.
NO_MESSAGES = ["garbage", "1", "[]", "{}", '"text"', message("tasks.ensure_domains", '{"x": 1}')]
#: Messages that Celery drops itself.
NONSENSE = [
    message("tasks.nobody_knows", "[[], {}, {}]"),
    message("tasks.commit_code", "no JSON"),
    message("tasks.commit_code", "[[1, 2], {}, {}]"),
    message("tasks.ensure_domains", '[[{"a": 1}, [2], 3], {}, {}]'),
    message("tasks.ensure_domains", "[[], {}, {}]"),
    message("tasks.ensure_domains", "gASVAAAA", "application/x-python-serialize"),
]


def test_garbage_in_the_queue_is_set_aside_and_the_wave_goes_on(own_platform: Platform) -> None:
    platform = own_platform
    with platform.worker() as worker, platform.redis() as client:
        for item in [*NO_MESSAGES, *NONSENSE]:
            client.lpush("releases", item)
        assert platform.release(platform.mini_program())["status"] == "submitted"
        assert sorted(client.lrange(SET_ASIDE, 0, -1)) == sorted(NO_MESSAGES)
        wait_for(lambda: client.hlen("unacked") == 0)
        assert worker.process.poll() is None
        assert worker.text().count("is no message") == len(NO_MESSAGES)
