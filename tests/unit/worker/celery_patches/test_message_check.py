"""What is checked of a message before Celery reads it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, Task
from celery.exceptions import InvalidTaskError

from tests.support.garbage import HARMLESS, SECRET, UNCHECKED
from worker.celery_patches.message_check import LONGEST_NAME, check


def read(item: bytes) -> tuple[str, dict[str, Any], Any]:
    """The task, the headers and the body of a message."""
    message = json.loads(item)
    payload = json.loads(base64.b64decode(message["body"]))
    headers: dict[str, Any] = message["headers"]
    return headers.get("task") or payload["task"], headers, payload


OURS = {name: item for name, item in UNCHECKED.items() if read(item)[0].startswith("tasks.")}


@pytest.fixture(scope="module")
def app() -> Iterator[Celery]:
    with Celery("test", set_as_current=False) as made:
        for module in ("tasks.steps", "tasks.by_name"):
            made.loader.import_task_module(module)
        yield made


def task_of(app: Celery, name: str) -> Task[..., Any]:
    found: Task[..., Any] = app.tasks[name]
    return found


@pytest.mark.parametrize("name", OURS)
def test_a_message_that_is_wrong_is_refused_and_nothing_of_it_is_quoted(app: Celery, name: str) -> None:
    task, headers, payload = read(OURS[name])
    with pytest.raises(InvalidTaskError) as refused:
        check(task_of(app, task), headers, payload)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_message_that_is_only_odd_is_let_through(app: Celery, name: str) -> None:
    task, headers, payload = read(HARMLESS[name])
    check(task_of(app, task), headers, payload)


@pytest.mark.parametrize(
    "name", ["group", "group_index", "timelimit", "stamped_headers", "shadow", "headers"]
)
def test_of_a_request_celery_gets_no_header_that_asks_for_more_than_an_answer(app: Celery, name: str) -> None:
    odd = {
        "group": "g",
        "group_index": 0,
        "timelimit": [1, 1],
        "stamped_headers": ["by"],
        "shadow": "x",
        "headers": {},
    }
    headers = {"task": "tasks.get_release", "id": "1", "lang": "py", name: odd[name]}
    kept = check(task_of(app, "tasks.get_release"), headers, [[], {"release_id": "x"}, None])
    assert kept == {"task": "tasks.get_release", "id": "1", "lang": "py"}


@pytest.mark.parametrize(("name", "value"), [("id", []), ("expires", "soon")])
def test_a_header_is_checked_also_where_the_body_says_it_otherwise(
    app: Celery, name: str, value: object
) -> None:
    body = {"task": "tasks.get_release", "id": "1", "expires": None, "kwargs": {"release_id": "x"}}
    check(task_of(app, "tasks.get_release"), {}, {**body})
    with pytest.raises(InvalidTaskError, match=name):
        check(task_of(app, "tasks.get_release"), {name: value}, body)


@pytest.mark.parametrize("name", ["id", "root_id", "parent_id"])
def test_the_name_of_a_task_is_short(app: Celery, name: str) -> None:
    task = task_of(app, "tasks.get_release")
    longest = {"task": task.name, "id": "1", name: "x" * LONGEST_NAME}
    assert check(task, longest, [[], {"release_id": "x"}, None]) == longest
    with pytest.raises(InvalidTaskError):
        check(task, {**longest, name: "x" * (LONGEST_NAME + 1)}, [[], {"release_id": "x"}, None])


KEPT: dict[str, Any] = {
    **dict.fromkeys(("lang", "id", "root_id", "parent_id", "argsrepr", "kwargsrepr", "origin"), "x"),
    "task": "tasks.get_release",
    "ignore_result": True,
    "expires": "2030-01-01T00:00:00+00:00",
}


def test_celery_gets_the_headers_that_say_what_is_asked_and_by_whom(app: Celery) -> None:
    assert check(task_of(app, KEPT["task"]), KEPT, [[], {"release_id": "x"}, None]) == KEPT


@pytest.mark.parametrize("name", ["root_id", "argsrepr", "kwargsrepr", "ignore_result"])
def test_a_header_of_a_wrong_type_is_refused(app: Celery, name: str) -> None:
    with pytest.raises(InvalidTaskError, match=name):
        check(task_of(app, KEPT["task"]), {**KEPT, name: ["x"]}, [[], {"release_id": "x"}, None])
