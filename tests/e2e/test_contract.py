"""The contract by name: what an orchestrator can do that has nothing but Celery and the Redis URL."""

import base64
import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import redis

from db.database import Database
from releases.store.actions import Actions
from tests.support.orchestrator import Orchestrator, orchestrator_of
from tests.support.workers import ROOT, Platform, wait_for


@pytest.fixture
def orchestrator(platform: Platform, tmp_path: Path) -> Iterator[Orchestrator]:
    with orchestrator_of(platform.redis_url, tmp_path) as asking:
        yield asking


def test_a_release_is_started_by_name_and_its_id_is_a_handle_to_the_audit_id(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    appid = platform.mini_program()
    release_id = orchestrator.start(**platform.request(appid))
    auditid = platform.mini(appid)["audits"][-1]["auditid"] if platform.mini(appid)["audits"] else None
    got = orchestrator.ask("result", release_id)["value"]
    assert got == platform.mini(appid)["audits"][-1]["auditid"]
    assert auditid in (None, got)
    assert orchestrator.ask("tasks.get_release", {"release_id": release_id})["value"]["auditid"] == got


def test_the_same_request_twice_is_one_release(platform: Platform, orchestrator: Orchestrator) -> None:
    request = platform.request(platform.mini_program())
    release_id = orchestrator.start(**request)
    again = orchestrator.ask("tasks.start_release", request)["value"]
    assert again == {"release_id": release_id, "created": False}


def test_a_blocked_release_raises_its_fields_and_after_a_resume_the_same_id_returns_the_audit_id(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "modify_domain", "errcode", errcode=85018, action="add")
    release_id = orchestrator.start(**platform.request(appid))
    blocked = orchestrator.ask("result", release_id)
    assert blocked["raised"] == "ReleaseBlocked"
    block = platform.show(release_id)["block"]
    assert blocked["args"] == [
        block[name] for name in ("step", "errcode", "errmsg", "rid", "domains", "remedy")
    ]
    assert blocked["args"][1] == 85018
    assert blocked["args"][4]["requestdomain"] == ["https://api.example.com"]

    resumed = orchestrator.ask("tasks.resume_release", {"release_id": release_id})["value"]
    assert resumed["id"] == release_id
    assert orchestrator.ask("result", release_id)["value"] == platform.mini(appid)["audits"][-1]["auditid"]


def test_a_cancelled_release_raises(platform: Platform, orchestrator: Orchestrator) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=85014)
    release_id = orchestrator.start(**platform.request(appid))
    assert orchestrator.ask("result", release_id)["raised"] == "ReleaseBlocked"
    with platform.redis() as client:
        # The step's own result, which nobody reads, would be kept for a week.
        wait_for(lambda: [*client.scan_iter(f"*{release_id}:*")] == [])
    asked = {"release_id": release_id, "actor": "shop system", "reason": "the merchant left"}
    cancelled = orchestrator.ask("tasks.cancel_release", asked)["value"]
    assert cancelled["status"] == "cancelled"
    last = cancelled["history"][-1]
    assert (last["what"], last["by"]) == ("cancelled by request", "celery:shop system")
    assert last["reason"] == "the merchant left"
    with platform.redis() as client:
        log = Actions(Database(client))
        (noted,) = [one for one in log.newest(100).actions if one.release_id == release_id and one.by]
        assert (noted.what, noted.by, noted.reason) == ("cancel", last["by"], last["reason"])
    assert orchestrator.ask("result", release_id)["raised"] == "ReleaseCancelled"


@pytest.mark.parametrize("wrong", [1, ["a"], "two\nlines", "x" * 201])
def test_who_and_why_are_texts_on_one_line(orchestrator: Orchestrator, wrong: object) -> None:
    for name in ("actor", "reason"):
        answer = orchestrator.ask("tasks.cancel_release", {"release_id": "nobody", name: wrong})
        assert (answer["raised"], answer["args"][0]) == ("InvalidRequest", name)


def test_a_release_cancelled_while_a_step_runs_is_not_submitted(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    appid = platform.mini_program()
    platform.hold(appid, "commit")
    release_id = orchestrator.start(**platform.request(appid))
    wait_for(lambda: "commit" in platform.called(appid))
    orchestrator.ask("tasks.cancel_release", {"release_id": release_id})
    platform.let_go()
    assert orchestrator.ask("result", release_id)["raised"] == "ReleaseCancelled"
    # Another version can follow at once; it waits for the lease and not for the cancelled one.
    newer = orchestrator.start(**platform.request(appid, user_version="2.0.0"))
    assert "value" in orchestrator.ask("result", newer)
    assert (
        len(platform.calls(appid, "submit_audit")) - len(platform.calls(appid, "get_code_privacy_info")) <= 1
    )


def test_a_superseded_release_raises_and_the_newer_one_is_submitted(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=85014)
    old = orchestrator.start(**platform.request(appid))
    assert orchestrator.ask("result", old)["raised"] == "ReleaseBlocked"
    newer = platform.request(appid, user_version="1.1.0")
    refused = orchestrator.ask("tasks.start_release", newer)
    assert (refused["raised"], refused["args"][0]) == ("ReleaseConflict", old)
    new = orchestrator.start(**newer, supersede=True)
    assert "value" in orchestrator.ask("result", new)
    assert orchestrator.ask("result", old) == {
        "raised": "ReleaseCancelled",
        "args": [old, f"superseded by release {new}"],
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"appid": "nobody"}, "appid"),
        ({"user_version": "v" * 65}, "user_version"),
        ({"ext": "{}"}, "ext"),
        ({"domains": {"requestdomain": ["https://api.example.com/v1"]}}, "domains.requestdomain"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_request_raises_the_field_and_what_would_be_right(
    platform: Platform, orchestrator: Orchestrator, change: dict[str, Any], field: str
) -> None:
    request = {**platform.request("wx0000000000000001"), **change}
    refused = orchestrator.ask("tasks.start_release", request)
    assert refused["raised"] == "InvalidRequest"
    assert refused["args"][0] == field
    assert refused["args"][1]


def test_an_unknown_release_is_said_to_be_unknown(platform: Platform, orchestrator: Orchestrator) -> None:
    for task in ("tasks.get_release", "tasks.resume_release", "tasks.cancel_release"):
        assert orchestrator.ask(task, {"release_id": "nobody"})["raised"] == "UnknownRelease"


def test_the_manuals_message_starts_a_release_from_any_language(platform: Platform) -> None:
    # Given the document of the manual, filled in as it says, and nothing but Redis
    with platform.redis() as client:
        task_id = sent(client, "start_release", platform.request(platform.mini_program()))
        # Then the answer is where the manual says, and so is the release's
        answer = wait_for(lambda: ended(client, task_id))
        assert answer["status"] == "SUCCESS"
        release_id = answer["result"]["release_id"]
        result = wait_for(lambda: ended(client, release_id))
    assert result == {**result, "status": "SUCCESS", "result": platform.show(release_id)["auditid"]}


def test_an_answer_is_stored_once_and_has_the_shape_of_the_manual(platform: Platform) -> None:
    # Given a client of another language, that takes the first thing that is stored for the answer
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=85014)
    with platform.redis() as client, client.pubsub(ignore_subscribe_messages=True) as stored:
        stored.psubscribe("celery-task-meta-*")
        # When it starts a release, which is blocked
        task_id = sent(client, "start_release", platform.request(appid))
        answer = wait_for(lambda: ended(client, task_id))
        release_id = answer["result"]["release_id"]
        blocked = wait_for(lambda: ended(client, release_id))
        unknown_id = sent(client, "get_release", {"release_id": "nobody"})
        unknown = wait_for(lambda: ended(client, unknown_id))
        client.publish("celery-task-meta-over", "{}")
        told = takewhile(lambda one: one["channel"] != "celery-task-meta-over", stored.listen())
        heard = [json.loads(one["data"]) for one in told]
    # Then each answer is stored once, and has the fields of the manual
    for one in (answer, blocked, unknown):
        assert [meta["status"] for meta in heard if meta["task_id"] == one["task_id"]] == [one["status"]]
    success, failure = (json.loads(shown) for shown in documents_of_the_manual()[1:])
    assert shape(answer) == shape(success)
    assert shape(blocked) == shape(failure)
    assert shape(unknown) == shape({**failure, "result": {**failure["result"], "exc_message": [""]}})


def documents_of_the_manual() -> list[str]:
    """The message, a success, a failure."""
    return re.findall(r"```json\n(.*?)```", (ROOT / "docs/orchestrators.md").read_text(), re.DOTALL)


def shape(meta: dict[str, Any]) -> object:
    """The names and types of an answer, but for what nobody relies on."""

    def of(value: object) -> object:
        match value:
            case dict():
                return {name: of(one) for name, one in value.items()}
            case list():
                return [of(one) for one in value]
        return type(value)

    return {name: ... if name in ("traceback", "children") else of(value) for name, value in meta.items()}


def sent(client: redis.Redis, task: str, fields: dict[str, Any]) -> str:
    """Send a message as the manual has it; returns its id."""
    task_id = str(uuid.uuid4())
    body = base64.b64encode(json.dumps([[], fields, {}]).encode()).decode()
    document = documents_of_the_manual()[0].replace("TASK_ID", task_id).replace("BASE64", body)
    client.lpush("releases", document.replace("tasks.start_release", f"tasks.{task}"))
    return task_id


def ended(client: redis.Redis, task_id: str) -> dict[str, Any] | None:
    result: dict[str, Any] = json.loads(str(client.get(f"celery-task-meta-{task_id}") or "{}"))
    return result if result.get("status") in ("SUCCESS", "FAILURE") else None


def test_the_orchestrator_of_these_tests_hears_the_newest_answer_and_none_that_it_heard_before(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    key = "celery-task-meta-told-often"
    with platform.redis() as client, ThreadPoolExecutor(1) as waiting, client.pipeline() as told:
        # Given an answer that reaches who waits for it more often than once
        asked = waiting.submit(orchestrator.ask, "result", "told-often")
        wait_for(lambda: client.pubsub_numsub(key)[0][1])
        for _ in range(20):
            told.set(key, an_answer("Old")).publish(key, an_answer("Old"))
        told.execute()
        assert asked.result() == {"raised": "Old", "args": []}
        # When another one has been stored since, and the orchestrator has waited for something else
        client.set(key, an_answer("New"))
        orchestrator.ask("tasks.get_release", {"release_id": "nobody"})
        # Then it is the other one that it gets
        assert orchestrator.ask("result", "told-often") == {"raised": "New", "args": []}


def an_answer(name: str) -> str:
    raised = {"exc_type": name, "exc_message": [], "exc_module": "elsewhere"}
    meta: dict[str, Any] = {
        "task_id": "told-often",
        "status": "FAILURE",
        "result": raised,
        "traceback": None,
        "children": [],
    }
    return json.dumps(meta)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"id": "0"},
        {"release_id": None},
        {"release_id": ["0"]},
        {"release_id": "0", "self": 1},
        {"self": "0"},
    ],
    ids=str,
)
def test_arguments_that_name_no_release_are_an_invalid_request(
    orchestrator: Orchestrator, arguments: dict[str, Any]
) -> None:
    for task in ("tasks.get_release", "tasks.resume_release", "tasks.cancel_release"):
        answer = orchestrator.ask(task, arguments)
        assert (answer["raised"], answer["args"][0]) == ("InvalidRequest", "release_id")


def test_an_id_that_is_no_utf8_is_an_unknown_release(orchestrator: Orchestrator) -> None:
    assert orchestrator.ask("tasks.get_release", {"release_id": "\ud800"})["raised"] == "UnknownRelease"


def test_a_field_named_self_is_an_unknown_field(orchestrator: Orchestrator) -> None:
    answer = orchestrator.ask("tasks.start_release", {"self": 1})
    assert (answer["raised"], answer["args"][0]) == ("InvalidRequest", "self")
