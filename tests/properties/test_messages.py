"""Messages: whatever is put on the queue, the worker lives, nothing stays behind, and the next release is submitted."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.states import STEPS
from tests.faults.world import QUEUE
from tests.properties.cases import Cases, share
from tests.properties.json_values import any_json, near_misses
from tests.properties.right import APPID, requests
from tests.properties.survivor import Survivor

#: So many are put on the queue at once.
BATCH = 40
_BY_ID = tuple(f"tasks.{verb}_release" for verb in ("get", "resume", "cancel"))
_TASKS = st.sampled_from(
    (
        *(step.task_name for step in STEPS),
        *_BY_ID,
        *("tasks.start_release", "tasks.no_such_task", "celery.map", "celery.accumulate", "celery.group"),
    )
)
_IDS = st.uuids().map(str) | st.sampled_from(("0" * 32, f"{'0' * 32}:tasks.commit_code"))
_ETAS = st.sampled_from((None, None, "2020-01-01T00:00:00+00:00", "0001-01-01T00:00:00+23:59", "soon", 1e999))
_step_bodies = st.builds(lambda ids: [[ids, APPID, "1.0.0"], {}, {}], _IDS)
_request_bodies = st.builds(lambda fields: [[], fields, {}], requests)
_bodies = _step_bodies | _request_bodies


_HEADERS: dict[str, Any] = {
    "lang": "py",
    "parent_id": None,
    "group": None,
    "expires": None,
    "retries": 0,
    "timelimit": [None, None],
    "argsrepr": "()",
    "kwargsrepr": "{}",
    "origin": "gen1@host",
    "ignore_result": False,
    "replaced_task_nesting": 0,
    "stamped_headers": None,
    "stamps": {},
}


def _message(body: Any, task: str, name: str, tag: str, eta: Any) -> dict[str, Any]:
    return {
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {**_HEADERS, "task": task, "id": name, "root_id": name, "eta": eta},
        "properties": {
            "correlation_id": name,
            "reply_to": tag,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": tag,
        },
    }


_good = st.builds(
    _message, _bodies | near_misses(_bodies) | any_json, _TASKS, _IDS, st.uuids().map(str), _ETAS
)
_messages = _good | near_misses(_good)


_written = _messages.map(lambda message: json.dumps(message).encode())
_items = (
    _written
    | _written
    | any_json.map(lambda value: json.dumps(value).encode())
    | st.binary()
    | st.sampled_from((b"[" * 5000, b'{"a":' * 100_000, b"9" * 5000, b"\xff\xfe", b"\x00" * 10, b"NaN"))
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@share(0.04, shrink=False)
@given(items=st.lists(_items, min_size=BATCH, max_size=BATCH))
def test_a_worker_survives_any_messages_and_submits_the_release_behind_them(
    cases: Cases, survivor: Survivor, items: list[bytes]
) -> None:
    trouble = survivor.take(items)
    sys.stderr.write(trouble)  # whole: hypothesis warns where the failing batch is large
    assert not trouble
    cases.add(len(items))
