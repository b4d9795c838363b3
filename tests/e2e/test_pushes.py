"""WeChat pushes, the receiver stores, a worker does what follows: real processes, and no command in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from db.database import Database
from tests.support import receivers, workers
from tests.support.receivers import KEY, TOKEN, Receiver
from tests.support.workers import Platform, Worker, wait_for
from wechat.push.inbox import CODES, LOOKS, UNAUTHORIZED
from wechat.tokens.store import TICKET_KEY, TokenStore


@pytest.fixture(scope="module")
def pushed_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Receiver, Worker]]:
    with (
        workers.platform(tmp_path_factory.mktemp("pushes"), settings=receivers.SETTINGS) as platform,
        receiver_of(platform) as receiver,
        platform.worker() as worker,
    ):
        yield platform, receiver, worker


@pytest.fixture
def platform(pushed_to: tuple[Platform, Receiver, Worker]) -> Platform:
    return pushed_to[0]


@pytest.fixture
def worker(pushed_to: tuple[Platform, Receiver, Worker]) -> Worker:
    return pushed_to[2]


@contextmanager
def receiver_of(platform: Platform) -> Iterator[Receiver]:
    """A receiver with what it needs, and no AppSecret; the simulator pushes to it."""
    settings = {"MPRELEASE_REDIS__URL": platform.redis_url, "MPRELEASE_PLATFORM__APPSECRET": ""}
    with receivers.receiver(platform.directory, settings) as receiver:
        platform.sim("POST", "platform", {"push_to": receiver.url, "push_token": TOKEN, "push_key": KEY})
        yield receiver


def push(platform: Platform, kind: str, appid: str = "", **fields: str) -> None:
    answer = platform.sim("POST", "push", {"kind": kind, "appid": appid, "fields": fields})
    assert answer == {"status": 200, "text": "success"}


def unauthorized_shop(platform: Platform, **fields: Any) -> str:
    """One of which WeChat knows and we don't."""
    appid = platform.mini_program(**fields)
    with platform.redis() as client:
        client.delete(f"wechat:refresh-token:{appid}", f"wechat:token:{appid}")
    return appid


def refresh_token(platform: Platform, appid: str) -> str | None:
    with platform.redis() as client:
        return TokenStore(Database(client), platform.seal()).refresh_token(appid)


def marks(platform: Platform, key: str) -> set[str]:
    with platform.redis() as client:
        return set(client.hkeys(key) if key == CODES else client.zrange(key, 0, -1))


def test_a_mini_program_that_is_authorized_is_released_without_any_command(platform: Platform) -> None:
    appid = unauthorized_shop(platform)
    push(platform, "component_verify_ticket")
    push(platform, "authorized", appid)
    wait_for(lambda: refresh_token(platform, appid))
    assert not marks(platform, CODES)
    assert platform.release(appid)["status"] == "submitted"
    # The access token came with it: none was asked for.
    assert "api_authorizer_token" not in {call["endpoint"] for call in platform.calls(appid)}


def test_a_code_that_was_used_by_somebody_who_died_is_no_authorization_lost(platform: Platform) -> None:
    appid = unauthorized_shop(platform)
    push(platform, "authorized", appid, AuthorizationCode="queryauthcode@@@used-by-another")
    wait_for(lambda: refresh_token(platform, appid) == f"refreshtoken@@@{appid}")
    assert not marks(platform, CODES)


@pytest.mark.long
def test_a_code_that_wechat_does_not_answer_for_is_tried_again(platform: Platform, worker: Worker) -> None:
    appid = unauthorized_shop(platform)
    platform.sim("POST", "faults", {"endpoint": "api_query_auth", "kind": "errcode", "errcode": -1})
    push(platform, "authorized", appid)
    wait_for(lambda: f"authorization of {appid} waits" in worker.text())
    assert refresh_token(platform, appid) is None
    wait_for(lambda: refresh_token(platform, appid))


def test_a_withdrawn_authorization_is_asked_about_before_it_is_believed(
    platform: Platform, worker: Worker
) -> None:
    stays, goes, unknown = platform.mini_program(), platform.mini_program(), "wx00000000000fffff"
    platform.sim("POST", "miniprograms", {"appid": goes, "authorized": False})
    for appid in (stays, goes, unknown):
        push(platform, "unauthorized", appid)
    wait_for(lambda: not marks(platform, UNAUTHORIZED))
    assert refresh_token(platform, stays) == f"refreshtoken@@@{stays}"
    assert refresh_token(platform, goes) is None
    assert f"{goes} has withdrawn its authorization" in worker.text()
    assert platform.release(stays)["status"] == "submitted"
    assert platform.release(goes, code=1)["status"] == "blocked"


def test_where_wechat_says_neither_yes_nor_no_the_tokens_stay_and_nobody_asks_on(
    platform: Platform, worker: Worker
) -> None:
    unclear = platform.mini_program()
    refused = {"endpoint": "api_authorizer_token", "appid": unclear, "kind": "errcode", "errcode": 61023}
    platform.sim("POST", "faults", {**refused, "times": -1})
    push(platform, "unauthorized", unclear)
    wait_for(lambda: not marks(platform, UNAUTHORIZED))
    platform.let_go()
    assert refresh_token(platform, unclear) == f"refreshtoken@@@{unclear}"
    assert f"WeChat does not say whether {unclear} still is authorized" in worker.text()


def test_a_decided_audit_is_looked_at_and_a_strangers_mark_is_dropped(platform: Platform) -> None:
    ours, strangers = platform.mini_program(), platform.mini_program()
    release = platform.release(ours)
    platform.sim("POST", f"audits/{ours}", {"status": 1, "reason": "1:<br>x"})
    push(platform, "weapp_audit_success", strangers)
    wait_for(lambda: platform.show(release["id"])["status"] == "rejected", 15)
    wait_for(lambda: not {ours, strangers} & marks(platform, LOOKS))


def test_a_new_ticket_ends_the_pause_that_one_by_hand_would_end_and_no_other(platform: Platform) -> None:
    held = platform.mini_program()
    platform.sim("POST", "platform", {"ip_allowed": False})
    assert platform.release(held, code=1)["status"] == "waiting"
    platform.sim("POST", "platform", {"ip_allowed": True})
    push(platform, "component_verify_ticket")
    wait_for(lambda: platform.releases()[-1]["status"] == "submitted")

    platform.run("pause", "--reason", "moving")
    push(platform, "component_verify_ticket")
    with platform.redis() as client:
        wait_for(lambda: not client.exists("pushed:ticket-new"))
        assert client.exists("platform:pause:all")
    platform.run("resume", "--platform")


def test_the_doctor_and_wechat_are_asked_for_tickets(platform: Platform) -> None:
    with platform.redis() as client:
        client.delete(TICKET_KEY)
    said = platform.run("doctor", code=1).stdout
    assert "mprelease ticket --push" in said
    asked = platform.run("ticket", "--push").stderr
    assert "within ten minutes" in asked
    with platform.redis() as client:
        wait_for(lambda: client.exists(TICKET_KEY))
        client.expire(TICKET_KEY, 3500)
        assert "fail" in next(
            line for line in platform.run("doctor", code=1).stdout.splitlines() if " ticket " in line
        )
    assert "component_verify_ticket" in said.partition("pushes")[2]


def test_without_what_it_needs_wechat_is_not_asked_and_nothing_listens(platform: Platform) -> None:
    asked = platform.run("ticket", "--push", code=2, MPRELEASE_PLATFORM__APPSECRET="")
    assert "MPRELEASE_PLATFORM__APPID and __APPSECRET" in asked.stderr
    lacking = platform.run(
        "receiver", code=2, MPRELEASE_PLATFORM__PUSH_TOKEN="", MPRELEASE_PLATFORM__PUSH_KEYS=""
    )
    assert "MPRELEASE_PLATFORM__PUSH_TOKEN: set it" in lacking.stderr
    assert "MPRELEASE_PLATFORM__PUSH_KEYS: set it" in lacking.stderr


def test_no_log_has_a_secret(pushed_to: tuple[Platform, Receiver, Worker]) -> None:
    platform, receiver, worker = pushed_to
    push(platform, "authorized", platform.mini_program())
    push(platform, "component_verify_ticket")
    secrets = [one for one in platform.sim("GET", "state", secrets="1")["secrets"] if len(one) > 8]
    assert any(one.startswith("queryauthcode@@@") for one in secrets)
    for text in (receiver.text(), worker.text()):
        assert [one for one in secrets if one in text] == []
