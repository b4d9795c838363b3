"""Messages that the version before wrote, in the queues and unacknowledged, are taken as they are."""

import base64
import json
from typing import Any

import pytest

from config.settings import Settings
from tests.support.old_version import REDIS_OF_1
from worker.app import create_app
from worker.celery_patches.message_check import check

_KEYS: dict[str, Any] = json.loads(REDIS_OF_1.read_text(encoding="utf-8"))["keys"]
QUEUED = [json.loads(item) for queue in ("releases", "releases.urgent") for item in _KEYS[queue]["value"]]
TAKEN = [json.loads(item)[0] for item in _KEYS["unacked"]["value"].values()]
MESSAGES = [*QUEUED, *TAKEN]


def test_there_are_some_of_each_kind() -> None:
    tasks = {message["headers"]["task"] for message in MESSAGES}
    assert {"tasks.ensure_domains", "tasks.commit_code", "tasks.start_release"} <= tasks
    assert any(message["headers"]["eta"] for message in MESSAGES)
    assert any(message["headers"]["retries"] for message in MESSAGES)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["headers"]["task"])
def test_each_is_taken(message: dict[str, Any]) -> None:
    app = create_app(Settings())
    app.loader.import_default_modules()
    headers = message["headers"]
    kept = check(app.tasks[headers["task"]], headers, json.loads(base64.b64decode(message["body"])))
    assert (kept["task"], kept["id"]) == (headers["task"], headers["id"])
    # Its time has come, or the index of what is due has the release: no worker keeps a message for later.
    assert "eta" not in kept
