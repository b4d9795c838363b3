"""Orders to publish by name: one queue takes them, and nobody publishes by sending a step's message."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db.database import Database
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.releases.together import brought_to
from tests.support.garbage import QUEUE, headers, message, properties
from tests.support.orchestrator import Orchestrator, orchestrator_of
from tests.support.workers import Platform, wait_for

ORDERS = "releases.publish"
FORGED = properties(delivery_info={"exchange": "", "routing_key": ORDERS}, exchange="", routing_key=ORDERS)
ASKED = {"actor": "shop system", "reason": "the sale begins"}


@pytest.fixture
def orchestrator(platform: Platform, tmp_path: Path) -> Iterator[Orchestrator]:
    with orchestrator_of(platform.redis_url, tmp_path) as asking:
        yield asking


@pytest.fixture
def approved(platform: Platform) -> str:
    """The id of an approved release."""
    return at_rest(platform, Status.APPROVED)


def at_rest(platform: Platform, status: Status) -> str:
    release_id = str(platform.release(platform.mini_program())["id"])
    with platform.redis() as client:
        store = ReleaseStore(Database(client))
        stored = store.get(release_id)
        assert stored is not None
        brought_to(store, stored.release, status=status)
    return release_id


def answer_to(platform: Platform, queue: str, item: bytes, task_id: str) -> dict[str, Any]:
    """What the worker answers to a message that was pushed by hand."""
    with platform.redis() as client:
        client.lpush(queue, item)
        stored = wait_for(lambda: client.get(f"celery-task-meta-{task_id}"))
    return dict(json.loads(str(stored)))


def test_an_order_is_taken_from_its_queue_and_twice_is_the_same_publication(
    platform: Platform, orchestrator: Orchestrator, approved: str
) -> None:
    ordered = orchestrator.ask("tasks.publish_release", {"release_id": approved, **ASKED}, ORDERS)
    again = orchestrator.ask("tasks.publish_release", {"release_id": approved}, ORDERS)

    assert ordered == again == {"value": {"release_id": approved, "publication_id": f"{approved}.live"}}
    shown = platform.show(approved)
    assert shown["publication"]["ordered_by"] == "celery:shop system"
    (told,) = [event for event in shown["history"] if event["what"] == "ordered to go live"]
    assert told["reason"] == "the sale begins"


@pytest.mark.parametrize("task", ["tasks.publish_release", "tasks.revert_release"])
@pytest.mark.parametrize("queue", [QUEUE, "releases.urgent"])
def test_an_order_from_another_queue_is_refused_and_does_nothing(
    platform: Platform, orchestrator: Orchestrator, approved: str, task: str, queue: str
) -> None:
    before = platform.show(approved)

    refused = orchestrator.ask(task, {"release_id": approved}, queue)

    assert (refused["raised"], refused["args"][0]) == ("InvalidRequest", "queue")
    assert f"from the queue {ORDERS} only, not from {queue}" in refused["args"][1]
    assert platform.show(approved) == before


@pytest.mark.parametrize("version", [1, 2])
def test_a_message_that_says_it_comes_from_their_queue_is_not_believed(
    platform: Platform, approved: str, version: int
) -> None:
    before, task_id = platform.show(approved), str(uuid.uuid4())
    said = {"task": "tasks.publish_release", "id": task_id}
    more = {"delivery_info": FORGED["delivery_info"], "routing_key": ORDERS, "queue": ORDERS}
    kwargs = {"release_id": approved}
    item = (
        message(headers=headers(**said, **more), body=[[], kwargs, {}], properties=FORGED)
        if version == 2
        else message(headers={}, body={**said, **more, "args": [], "kwargs": kwargs}, properties=FORGED)
    )

    refused = answer_to(platform, QUEUE, item, task_id)

    assert refused["status"] == "FAILURE"
    assert refused["result"]["exc_type"] == "InvalidRequest"
    assert platform.show(approved) == before


def test_one_that_publishes_itself_is_enqueued_from_the_queue_of_the_orders_only(
    platform: Platform, orchestrator: Orchestrator
) -> None:
    appid = platform.mini_program()
    request = platform.request(appid, publish="auto")

    refused = orchestrator.ask("tasks.start_release", request)

    assert (refused["raised"], refused["args"][0]) == ("InvalidRequest", "publish")
    assert ORDERS in refused["args"][1]
    assert platform.documents("list", "--appid", appid) == []
    started = orchestrator.ask("tasks.start_release", request, ORDERS)["value"]
    assert platform.show(started["release_id"])["publish"] == "auto"


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.REJECTED, Status.REPLACED])
def test_a_step_of_the_second_half_that_nobody_has_ordered_does_nothing(
    platform: Platform, status: Status
) -> None:
    release_id = at_rest(platform, status)
    before = platform.show(release_id)
    calls = platform.called(before["appid"])

    with platform.redis() as client:
        for queue in (QUEUE, ORDERS):
            for step in (Step.PUBLISH, Step.VERIFY_LIVE, Step.REVERT):
                arguments = [release_id, before["appid"], before["user_version"]]
                said = headers(task=step.task_name, id=f"{release_id}.live")
                client.lpush(queue, message(headers=said, body=[arguments, {}, {}]))
        wait_for(lambda: not client.exists(QUEUE, ORDERS, "unacked"))

    assert platform.show(release_id) == before
    assert platform.called(before["appid"]) == calls
