"""One Mini Program at WeChat, looked at and turned by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releases.record import Release
from releases.states import Status
from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.integration.wechat.server import ScriptedWeChat, refusal
from tests.support.examples import APPID as SHOP
from tests.support.examples import a_release
from tests.support.records import created

AUDIT = {"auditid": 4711, "status": 0, "user_version": "1.4.2", "submit_audit_time": 1773480413}
VERSIONS = {
    "exp_info": {"exp_version": "1.4.3", "exp_time": 1773480000, "exp_desc": "faster"},
    "release_info": {
        "release_version": "1.4.1",
        "release_time": 1773400000,
        "release_desc": "[evil] \x1b[31m",
    },
}
EFFECTIVE = {"effective_domain": {"requestdomain": ["https://api.example.com"]}}
GRAY = {"gray_release_plan": {"status": 1, "gray_percentage": 20, "create_timestamp": 1773480500}}


@pytest.fixture
def shop(wechat: ScriptedWeChat) -> ScriptedWeChat:
    """It has all that can be asked for."""
    wechat.on("/wxa/getversioninfo", VERSIONS)
    wechat.on("/wxa/get_latest_auditstatus", AUDIT)
    wechat.on("/wxa/get_effective_domain", EFFECTIVE)
    wechat.on("/wxa/getvisitstatus", {"status": 1})
    wechat.on("/wxa/icp/get_icp_entrance_info", {"info": {"status": 6}})
    wechat.on("/wxa/getgrayreleaseplan", GRAY)
    return wechat


@pytest.fixture
def release(store: ReleaseStore) -> Release:
    """The one that is live there."""
    before = created(store, a_release())
    return store.save(before, before.release.model_copy(update={"status": Status.LIVE})).release


def told(command: Command, *typed: str) -> Any:
    return json.loads(command(*typed, "--json").stdout)


def test_versions_shows_the_three_side_by_side_with_what_holds(
    command: Command, shop: ScriptedWeChat
) -> None:
    shown = [line.split(None, 1) for line in command("versions", SHOP).stdout.splitlines()]
    assert shown == [
        ["trial", "1.4.3  2026-03-14 09:20:00 UTC  faster"],
        ["audit", "1.4.2  2026-03-14 09:26:53 UTC  approved (audit 4711)"],
        ["live", "1.4.1  2026-03-13 11:06:40 UTC  [evil] [31m"],
        ["domains", "requestdomain https://api.example.com"],
        ["visit", "open"],
        ["filing", "filed"],
        ["gray", "20 % of the users, running, since 2026-03-14 09:28:20 UTC"],
    ]
    found = told(command, "versions", SHOP)
    assert found["trial"] == {"version": "1.4.3", "desc": "faster", "time": "2026-03-14T09:20:00Z"}
    assert found["audit"]["auditid"] == 4711
    assert found["effective_domains"]["requestdomain"] == ["https://api.example.com"]
    assert (found["is_open"], found["filing"]["status"], found["unknown"]) == (True, 6, {})


def test_what_wechat_refuses_is_unknown_and_fails_nothing(command: Command, shop: ScriptedWeChat) -> None:
    shop.on("/wxa/icp/get_icp_entrance_info", refusal(48001))
    shop.on("/wxa/getvisitstatus", {"status": 7})
    shown = command("versions", SHOP).stdout
    assert "filing     unknown: 48001 refused" in shown
    assert "visit      unknown: " in shown
    found = told(command, "versions", SHOP)
    assert (found["is_open"], found["filing"]) == (None, None)
    assert set(found["unknown"]) == {"visit", "filing"}
    assert found["live"]["version"] == "1.4.1"


def test_where_wechat_does_not_tell_the_versions_versions_has_not_succeeded(
    command: Command, shop: ScriptedWeChat
) -> None:
    shop.on("/wxa/getversioninfo", refusal(61003))
    assert "live       unknown: 61003" in command("versions", SHOP, code=1).stdout
    found = json.loads(command("versions", SHOP, "--json", code=1).stdout)
    assert (found["live"], set(found["unknown"])) == (None, {"versions"})


def test_a_domain_that_users_can_not_reach_is_named(command: Command, shop: ScriptedWeChat) -> None:
    shop.on("/wxa/get_effective_domain", {"effective_domain": {}})
    shop.on("/wxa/getversioninfo", {})
    shown = command("versions", SHOP).stdout
    assert "missing    api.example.com: users can't reach them" in shown
    assert "live       none" in shown


def test_closing_asks_nothing_and_opening_asks_once(
    command: Command, shop: ScriptedWeChat, store: ReleaseStore, release: Release
) -> None:
    shop.on("/wxa/change_visitstatus", {})
    assert told(command, "visit", SHOP, "close", "--reason", "bad prices", "--as", "anna") == {
        "appid": SHOP,
        "is_open": False,
    }
    refused = command("visit", SHOP, "open", code=2)
    assert f"mprelease visit {SHOP} open --yes" in refused.stderr
    command("visit", SHOP, "open", "--yes")

    sent = [request.fields for request in shop.calls("/wxa/change_visitstatus")]
    assert sent == [{"action": "close"}, {"action": "open"}]
    closed, opened = release_history(store, release)[-2:]
    assert (closed.what, closed.by, closed.reason) == ("closed to users", "cli:anna", "bad prices")
    assert opened.what == "opened to users"


def release_history(store: ReleaseStore, release: Release) -> Any:
    stored = store.get(release.id)
    assert stored is not None
    return stored.release.history


def test_a_gray_release_is_shown_grown_and_stopped(command: Command, shop: ScriptedWeChat) -> None:
    shop.on("/wxa/grayrelease", {})
    shop.on("/wxa/revertgrayrelease", {})
    assert "20 % of the users, running" in command("gray", SHOP).stdout
    assert "nothing was sent" in command("gray", SHOP, "20", "--yes").stderr
    assert shop.calls("/wxa/grayrelease") == []
    assert "Put version 1.4.2 (audit 4711) live for 50 %" in command("gray", SHOP, "50", code=2).stderr
    command("gray", SHOP, "50", "--yes")
    command("gray", SHOP, "stop")
    assert [request.fields for request in shop.calls("/wxa/grayrelease")] == [{"gray_percentage": 50}]
    assert len(shop.calls("/wxa/revertgrayrelease")) == 1


def test_no_gray_release_of_what_has_not_passed_or_would_lose_a_domain(
    command: Command, shop: ScriptedWeChat
) -> None:
    shop.on("/wxa/getgrayreleaseplan", {})
    shop.on("/wxa/get_effective_domain", {"effective_domain": {}})
    assert "could not reach api.example.com" in command("gray", SHOP, "50", "--yes", code=1).stderr
    shop.on("/wxa/get_latest_auditstatus", {**AUDIT, "status": 2})
    assert "audit 4711 is in review" in command("gray", SHOP, "50", "--yes", code=1).stderr
    assert "nothing was sent" in command("gray", SHOP, "stop").stderr
    assert shop.calls("/wxa/grayrelease") == []


@pytest.mark.parametrize("wrong", ["0", "101", "half", "\uff15"])
def test_a_percentage_is_1_to_100(command: Command, shop: ScriptedWeChat, wrong: str) -> None:
    assert "1 to 100" in command("gray", SHOP, wrong, code=2).stderr


@pytest.mark.parametrize("action", ["delete", "set"])
def test_business_domains_are_removed_and_replaced_apart_from_server_domains(
    command: Command, wechat: ScriptedWeChat, action: str
) -> None:
    pages, api = "https://pages.example.com", "https://api.example.com"
    wechat.on("/wxa/modify_domain", {"requestdomain": []})
    wechat.on("/wxa/setwebviewdomain", {}, {"webviewdomain": []})
    typed = ["domains", action, SHOP, "--webviewdomain", pages, "--yes"]

    assert told(command, *typed)["webviewdomain"] == []
    assert [call.fields for call in wechat.calls("/wxa/setwebviewdomain")] == [
        {"action": action, "webviewdomain": [pages]},
        {"action": "get"},
    ]
    assert [call.fields for call in wechat.calls("/wxa/modify_domain")] == [{"action": "get"}]

    wechat.on("/wxa/setwebviewdomain", {}, {"webviewdomain": []})
    told(command, *typed, "--requestdomain", api)
    sent = wechat.calls("/wxa/modify_domain")[1].fields
    assert sent == {"action": action, "requestdomain": [api]}
