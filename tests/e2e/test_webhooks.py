"""A real worker tells a real receiver what has changed, and nothing is lost when it is killed or the receiver fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.support.receiver import PATH, SECRET, Answer, Receiver, receiving
from tests.support.workers import Platform, wait_for

pytestmark = pytest.mark.long


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def hooked(receiver: Receiver) -> dict[str, str]:
    return {"MPRELEASE_WEBHOOK__URL": receiver.url, "MPRELEASE_WEBHOOK__SECRET": SECRET}


def is_told(platform: Platform, receiver: Receiver) -> bool:
    """Whether the receiver knows exactly what `list --json` says, but for what a webhook leaves out and adds."""
    listed = {one["id"]: {**one, "ext": None} for one in platform.releases()}
    known = {name: {**one, "ext": None} for name, one in receiver.releases.items()}
    for one in known.values():
        del one["revision"]
    return listed == known


def are_over(platform: Platform) -> bool:
    return {one["status"] for one in platform.releases()} <= {"submitted", "blocked"}


def test_a_wave_is_told_to_its_end_by_a_receiver_that_fails_half_of_the_time(
    own_platform: Platform, receiver: Receiver
) -> None:
    draw = Random(14)
    receiver.answer = lambda message: Answer(draw.choice([204, 204, 500]))
    appids = own_platform.mini_programs(12)
    own_platform.fault(appids[0], "commit", "errcode", errcode=85014)
    with own_platform.worker(**hooked(receiver)) as worker:
        own_platform.enqueue_only(*(own_platform.request(appid, wave="spring") for appid in appids))
        wait_for(lambda: are_over(own_platform))
        receiver.answer = lambda message: Answer()

        def told_at_last() -> bool:
            # Again and again: what was on its way failed after the endpoint had become well, and waits since.
            own_platform.run("webhooks", "retry")
            return is_told(own_platform, receiver)

        wait_for(told_at_last)
        wait_for(lambda: receiver.waves.get("spring", {}).get("state") == "over")
        wait_for(lambda: own_platform.documents("webhooks", "list")[0]["undelivered"] == 0)
        (shown,) = own_platform.documents("wave", "spring")
        assert {**receiver.waves["spring"], **_moving(shown)} == {**shown, "revision": _revision(receiver)}
        log = worker.text()
    assert SECRET.removeprefix("whsec_") not in log
    assert PATH not in log


def _moving(shown: dict[str, Any]) -> dict[str, Any]:
    """What changes without any release."""
    return {name: shown[name] for name in ("per_minute", "estimated_end", "workers_answer", "audit_quota")}


def _revision(receiver: Receiver) -> int:
    return int(receiver.waves["spring"]["revision"])


@pytest.mark.long
def test_what_a_killed_worker_was_sending_arrives_all_the_same(
    own_platform: Platform, receiver: Receiver
) -> None:
    appids = own_platform.mini_programs(12)
    holds, killed = threading.Event(), threading.Event()

    def hold(message: dict[str, Any]) -> Answer:
        if len(receiver.messages) <= 8:
            return Answer()
        holds.set()
        killed.wait(60)
        return Answer(500)  # and forgets what it was told

    receiver.answer = hold
    with own_platform.worker(**hooked(receiver)) as worker:
        own_platform.enqueue_only(*(own_platform.request(appid, wave="spring") for appid in appids))
        assert holds.wait(60)
        worker.process.kill()
        worker.process.wait()
    killed.set()
    assert not is_told(own_platform, receiver)
    wait_for(lambda: receiver.at_once == 0)
    receiver.answer = lambda message: Answer()

    with own_platform.worker(**hooked(receiver)):
        wait_for(lambda: are_over(own_platform) and is_told(own_platform, receiver), patience_s=120)
        wait_for(lambda: receiver.waves.get("spring", {}).get("state") == "over")


def test_an_endpoint_that_is_gone_is_shown_and_tried_again_when_somebody_says_so(
    own_platform: Platform, receiver: Receiver
) -> None:
    receiver.answer = lambda message: Answer(410)
    off = own_platform.run("webhooks", "list").stderr
    assert off.startswith("no worker sends webhooks: set MPRELEASE_WEBHOOK__URL")
    own_platform.run("webhooks", "retry", code=1)
    with own_platform.worker(**hooked(receiver)) as worker:
        release = own_platform.release(own_platform.mini_program())

        def gone() -> dict[str, Any] | None:
            (found,) = own_platform.documents("webhooks", "list")
            return found if found["gone"] and found["waiting"] else None

        listed = wait_for(gone)
        name = receiver.url.removesuffix(PATH)
        assert (listed["endpoint"], listed["last_error"], listed["undelivered"]) == (name, "HTTP 410", 1)
        (waiting,) = listed["waiting"]
        assert (waiting["type"], waiting["id"]) == ("release", release["id"])
        assert waiting["since"] == listed["oldest_since"]

        text = own_platform.run("webhooks", "list")
        assert f"release  {release['id']}" in text.stdout
        assert "HTTP 410; nothing is sent until `mprelease webhooks retry`" in text.stderr
        warned = own_platform.run("doctor", code=None).stdout
        assert f"warn     webhook       {name}: 1 release or wave not delivered yet" in warned
        assert "the webhook's endpoint is gone" in worker.text()

        receiver.answer = lambda message: Answer()
        said = own_platform.run("webhooks", "retry").stderr
        assert said.startswith("1 release or wave to be delivered: a worker tries now")
        wait_for(lambda: is_told(own_platform, receiver))
        assert (
            f"ok       webhook       {name}: 0 releases and waves"
            in own_platform.run("doctor", code=None).stdout
        )


def test_a_worker_that_is_stopped_lets_another_one_send_at_once(
    own_platform: Platform, receiver: Receiver
) -> None:
    with own_platform.worker(**hooked(receiver)) as worker, own_platform.redis() as client:
        # What it works on from its first moment on is told, whenever the sender begins.
        assert client.exists("releases:changed")
        wait_for(lambda: client.exists("releases:webhook-sender"))
        worker.process.terminate()
        assert worker.process.wait(60) == 0
        assert not client.exists("releases:webhook-sender")
        assert client.exists("releases:changed")


def test_releases_do_not_wait_for_an_endpoint_that_does_not_answer(
    own_platform: Platform, receiver: Receiver
) -> None:
    asked, over = threading.Event(), threading.Event()

    def hold(message: dict[str, Any]) -> Answer:
        asked.set()
        over.wait(60)
        return Answer()

    receiver.answer = hold
    with own_platform.worker(**hooked(receiver)):
        own_platform.enqueue_only(own_platform.request(own_platform.mini_program()))
        assert asked.wait(60)
        own_platform.release(own_platform.mini_program())
        assert receiver.at_once > 0
        over.set()
