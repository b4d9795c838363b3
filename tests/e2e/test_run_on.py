"""The steps of a release run on one message, one after the other, and are told of as the three tasks that they are."""

import base64
import json
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery

from config.celery_options import QUEUE
from releases.states import TO_AUDIT
from releases.store import keys
from tests.e2e.watched import Watched
from tests.support.workers import PATIENT, Platform, Worker, wait_for


@pytest.fixture
def own_platform(own_platform: Platform) -> Platform:
    """One where no scan keeps a submission waiting."""
    own_platform.sim("POST", "platform", {"scan_s": 0})
    return own_platform


def messages(worker: Worker) -> list[str]:
    """The steps for which a message came, in their order."""
    return re.findall(r"Task tasks\.(\w+)\[[^]]+\] received", worker.text())


def holds_nothing(asking: Celery) -> bool:
    """Whether the one worker answers, and has no message in hand."""
    inspected = asking.control.inspect()
    told = inspected.active(), inspected.reserved()
    return all(held is not None and list(held.values()) == [[]] for held in told)


def test_a_release_takes_one_message(own_platform: Platform) -> None:
    with own_platform.worker() as worker:
        release = own_platform.release(own_platform.mini_program())
        assert messages(worker) == ["ensure_domains"]
    assert release["attempts"] == {"ensure_domains": 1, "commit_code": 1, "submit_audit": 1}
    assert [event["what"].partition(" ")[0] for event in release["history"]] == [
        "enqueued",
        "added",
        "committed",
        "submitted",
    ]


def test_monitors_are_told_of_three_tasks(watched_platform: Watched) -> None:
    release = watched_platform.releases["submitted"]
    ids = [f"{release['id']}:{step}" for step in TO_AUDIT[:-1]] + [release["id"]]
    tasks = watched_platform.tasks()
    told = [tasks[one] for one in ids]
    assert [task["name"] for task in told] == [step.task_name for step in TO_AUDIT]
    assert [task["state"] for task in told] == ["SUCCESS"] * 3
    assert [task["parent_id"] for task in told] == [None, *ids[:2]]
    assert all(release["appid"] in task["args"] for task in told)
    for task in told:
        assert task["received"] <= task["started"] <= task["succeeded"]
        assert task["succeeded"] - task["started"] - task["runtime"] < 0.5
    assert told[0]["succeeded"] <= told[1]["received"]
    assert told[1]["succeeded"] <= told[2]["received"]


@pytest.mark.long
def test_the_step_after_a_slow_call_has_a_message_and_all_the_time_again(own_platform: Platform) -> None:
    appid = own_platform.mini_program()
    own_platform.fault(appid, "commit", "delay", seconds=2.5)
    with own_platform.worker(**{**PATIENT, "MPRELEASE_WORKER__STEP_DEADLINE_S": "4.5"}) as worker:
        release = own_platform.release(appid)
        assert messages(worker) == ["ensure_domains", "submit_audit"]
    assert release["status"] == "submitted"


@pytest.mark.long
def test_a_pause_that_begins_meanwhile_holds_the_next_step(own_platform: Platform) -> None:
    appid = own_platform.mini_program()
    own_platform.hold(appid, "commit")
    with own_platform.worker(**PATIENT):
        [release] = own_platform.enqueue_only(own_platform.request(appid))
        wait_for(lambda: own_platform.calls(appid, "commit"))
        own_platform.run("pause", "--submissions", "--reason", "quarter's end")
        own_platform.let_go()
        wait_for(lambda: own_platform.show(release["id"])["status"] == "waiting")
        held = own_platform.show(release["id"])
        assert (held["step"], held["wait"]["errmsg"]) == ("submit_audit", "paused by hand: quarter's end")
        assert "submit_audit" not in held["attempts"]
        assert own_platform.calls(appid, "submit_audit") == []
        own_platform.run("resume", "--platform")
        wait_for(lambda: own_platform.show(release["id"])["status"] == "submitted")
    assert len(own_platform.calls(appid, "commit")) == 1


@pytest.mark.long
def test_a_worker_that_is_told_to_end_leaves_the_next_step_to_others(own_platform: Platform) -> None:
    appid = own_platform.mini_program()
    own_platform.fault(appid, "commit", "delay", seconds=2)
    with own_platform.worker(**PATIENT) as worker:
        [release] = own_platform.enqueue_only(own_platform.request(appid))
        wait_for(lambda: own_platform.calls(appid, "commit"))
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(timeout=20) == 0
    left = own_platform.show(release["id"])
    assert (left["step"], left["status"]) == ("submit_audit", "queued")
    assert own_platform.calls(appid, "submit_audit") == []
    with own_platform.worker() as worker:
        wait_for(lambda: own_platform.show(release["id"])["status"] == "submitted")
        assert messages(worker) == ["submit_audit"]
    assert len(own_platform.calls(appid, "commit")) == 1


def with_message(platform: Platform, change: Callable[[dict[str, Any], list[Any]], None]) -> str:
    """A release whose first message stands in the queue, changed: its headers, and its body; returns the id."""
    what = ("--template-id", "1", "--user-version", "1.0.0", "--user-desc", "first")
    enqueued = platform.documents("enqueue", "--appid", platform.mini_program(), *what)[0]
    with platform.redis() as client:
        item = json.loads(str(client.lindex(QUEUE, 0)))
        body = json.loads(base64.b64decode(item["body"]))
        change(item["headers"], body)
        item["body"] = base64.b64encode(json.dumps(body).encode()).decode()
        client.lset(QUEUE, 0, json.dumps(item))
    return str(enqueued["id"])


def of_another_client(_headers: dict[str, Any], body: list[Any]) -> None:
    for signature in body[2]["chain"]:
        signature["options"] = {}


def without_the_commit(_headers: dict[str, Any], body: list[Any]) -> None:
    body[2]["chain"] = body[2]["chain"][:1]


def with_a_header_of_ours(headers: dict[str, Any], _body: list[Any]) -> None:
    headers.update(run_on={"run": {"attempt": 1}, "following": 1})


@pytest.mark.parametrize("change", [of_another_client, without_the_commit, with_a_header_of_ours])
def test_a_chain_that_is_not_ours_is_not_run_on(
    own_platform: Platform, change: Callable[[dict[str, Any], list[Any]], None]
) -> None:
    release_id = with_message(own_platform, change)
    with own_platform.worker() as worker, own_platform.redis() as client:
        wait_for(lambda: own_platform.show(release_id)["status"] == "submitted", patience_s=20)
        wait_for(lambda: not client.hlen("unacked"))
        assert "Traceback" not in worker.text()
    release = own_platform.show(release_id)
    assert set(release["attempts"]) == {"ensure_domains", "commit_code", "submit_audit"}
    called = own_platform.called(release["appid"])
    assert called.index("commit") < called.index("submit_audit")


def test_a_release_that_is_cancelled_before_it_meets_a_pause_frees_its_mini_program(
    own_platform: Platform,
) -> None:
    appid = own_platform.mini_program()
    own_platform.run("pause", "--submissions", "--reason", "quarter's end")
    own_platform.hold(appid, "commit")
    with own_platform.worker(**PATIENT), own_platform.redis() as client:
        [release] = own_platform.enqueue_only(own_platform.request(appid))
        wait_for(lambda: own_platform.calls(appid, "commit"))
        own_platform.run("cancel", release["id"])
        own_platform.let_go()
        wait_for(lambda: not client.hlen("unacked"))
        assert client.get(keys.lease(appid)) is None
    assert own_platform.show(release["id"])["status"] == "cancelled"


@pytest.mark.long
def test_a_worker_that_is_told_to_end_over_the_broker_leaves_the_next_step_to_others(
    own_platform: Platform,
) -> None:
    appid = own_platform.mini_program()
    own_platform.fault(appid, "commit", "delay", seconds=2)
    with own_platform.worker(**PATIENT) as worker:
        [release] = own_platform.enqueue_only(own_platform.request(appid))
        wait_for(lambda: own_platform.calls(appid, "commit"))
        with Celery(broker=own_platform.redis_url) as asking:
            asking.control.shutdown()
        assert worker.process.wait(timeout=20) == 0
    left = own_platform.show(release["id"])
    assert (left["step"], left["status"]) == ("submit_audit", "queued")
    assert own_platform.calls(appid, "submit_audit") == []


@pytest.mark.parametrize("pool", ["threads", pytest.param("solo", marks=pytest.mark.long)])
def test_a_step_that_is_tried_again_has_the_rest_behind_it(own_platform: Platform, pool: str) -> None:
    appid = own_platform.mini_program()
    own_platform.fault(appid, "commit", "errcode", errcode=-1, times=1)
    with own_platform.worker(MPRELEASE_WORKER__POOL=pool) as worker:
        release = own_platform.release(appid)
        assert messages(worker) == ["ensure_domains", "commit_code"]
    assert release["attempts"] == {"ensure_domains": 1, "commit_code": 2, "submit_audit": 1}


@pytest.mark.long
def test_a_connection_that_is_lost_while_steps_run_leaves_nothing_behind(own_platform: Platform) -> None:
    appid = own_platform.mini_program()
    own_platform.hold(appid, "commit")
    with own_platform.worker(**PATIENT) as worker, own_platform.redis() as client:
        [release] = own_platform.enqueue_only(own_platform.request(appid))
        wait_for(lambda: own_platform.calls(appid, "commit"))
        client.client_kill_filter(_type="normal", skipme=True)
        wait_for(lambda: "Connection to broker lost" in worker.text())
        own_platform.let_go()
        wait_for(lambda: own_platform.show(release["id"])["status"] == "submitted")
        # What was given back is looked at once more, and dropped.
        wait_for(lambda: not client.hlen("unacked") and not client.llen(QUEUE))
        wait_for(lambda: client.get(keys.lease(appid)) is None)
        with Celery(broker=own_platform.redis_url) as asking:
            # A message that is on its way from the queue to those in hand stands in neither.
            wait_for(lambda: holds_nothing(asking))
    assert own_platform.show(release["id"])["attempts"] == {
        "ensure_domains": 1,
        "commit_code": 1,
        "submit_audit": 1,
    }
    assert len(own_platform.calls(appid, "commit")) == 1
