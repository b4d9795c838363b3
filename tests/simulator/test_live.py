"""release and what comes after it: what is live, who sees it, which domains are left."""

from typing import Any

import pytest
import requests

from tests.simulator.client import MINI, Client

API, CDN, OWN = "https://api.example.com", "https://cdn.example.com", "https://shop-b1.example.net"
PAGES = "https://pages.example.com"
THEIRS = "https://shop.example.net"
OK = '{"errcode":0,"errmsg":"ok"}'


def flags(wechat: Client, **fields: Any) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})


def info(wechat: Client) -> Any:
    return wechat.mini("getversioninfo").get("release_info")


def test_what_passed_last_goes_live_once(wechat: Client) -> None:
    assert wechat.mini("release")["errcode"] == 85019
    assert info(wechat) is None
    wechat.commit_and_scan(user_desc="的第一版")
    wechat.mini("submit_audit")
    assert wechat.mini("release")["errcode"] == 85020
    wechat.sim("POST", f"audits/{MINI}", {"status": 0})
    assert wechat.mini("release")["errcode"] == 0
    shown = info(wechat)
    assert (shown["release_version"], shown["release_desc"]) == ("1.0.0", "的第一版")
    assert shown["release_time"] > 1_700_000_000
    assert wechat.mini("release")["errcode"] == 85052
    live = wechat.live()
    assert live["effects"] == {"submit_audit": 1, "release": 1}
    assert [(one["user_version"], one["by"]) for one in live["versions"]] == [("1.0.0", "release")]
    assert live["live"] == live["versions"][0]


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_only_what_has_passed_goes_live(wechat: Client, status: int) -> None:
    wechat.approve()
    wechat.sim("POST", f"audits/{MINI}", {"status": status})
    assert wechat.mini("release")["errcode"] == 85020
    assert wechat.live()["live"] is None


@pytest.mark.parametrize(("takes", "errcode"), [("latest", 85020), ("passed", 0)])
def test_whether_a_newer_audit_stands_in_the_way_is_open(wechat: Client, takes: str, errcode: int) -> None:
    wechat.sim("POST", "platform", {"release_takes": takes})
    wechat.approve()
    wechat.sim("POST", f"audits/{MINI}", {"user_version": "9.9.9", "status": 2})
    assert wechat.mini("release")["errcode"] == errcode


@pytest.mark.parametrize(("raw", "errcode"), [(b"", 44002), (b"[]", 47001), (b"{", 47001)])
def test_release_needs_an_empty_object(wechat: Client, raw: bytes, errcode: int) -> None:
    wechat.approve()
    answer = wechat.raw("POST", f"/wxa/release?access_token={wechat.token()}", data=raw)
    assert answer.json()["errcode"] == errcode
    assert wechat.live()["live"] is None


def test_release_may_land_and_not_answer(wechat: Client) -> None:
    wechat.approve()
    wechat.fault("cut_after", endpoint="release")
    with pytest.raises(requests.ConnectionError):
        wechat.mini("release")
    assert wechat.live()["effects"]["release"] == 1
    assert wechat.mini("release")["errcode"] == 85052


def test_release_may_refuse_what_has_passed(wechat: Client) -> None:
    wechat.approve()
    wechat.fault("errcode", endpoint="release", errcode=85020, times=2)
    assert [wechat.mini("release")["errcode"] for _ in range(3)] == [85020, 85020, 0]
    assert wechat.live()["effects"]["release"] == 1


@pytest.mark.parametrize("body", [OK, "{}"])
def test_release_may_answer_ok_and_do_nothing(wechat: Client, body: str) -> None:
    wechat.approve()
    wechat.fault("body", endpoint="release", body=body)
    assert wechat.mini("release").get("errcode", 0) == 0
    assert wechat.live()["live"] is None
    assert "release" not in wechat.live()["effects"]


def test_a_live_version_may_show_up_late(wechat: Client) -> None:
    flags(wechat, live_after_s=60)
    wechat.put_live()
    assert info(wechat) is None
    wechat.advance(61)
    wechat.put_live(user_version="2.0.0")
    assert info(wechat)["release_version"] == "1.0.0"
    wechat.advance(61)
    assert info(wechat)["release_version"] == "2.0.0"


def test_a_live_version_may_be_shown_empty_or_not_at_all(wechat: Client) -> None:
    wechat.put_live()
    flags(wechat, release_info="empty")
    shown = info(wechat)
    assert (shown["release_version"], shown["release_desc"]) == ("", "")
    assert shown["release_time"] > 0
    flags(wechat, release_info="absent")
    assert info(wechat) is None


def test_a_release_drops_what_is_not_in_the_pools(wechat: Client) -> None:
    wechat.approve()
    flags(
        wechat,
        domains={"requestdomain": [OWN, API], "downloaddomain": [CDN]},
        webviewdomain=[PAGES, THEIRS],
    )
    wechat.sim("POST", "pool", {"drop": ["cdn.example.com"]})
    before = wechat.mini("get_effective_domain")["effective_domain"]
    assert (before["requestdomain"], before["downloaddomain"]) == ([API], [])
    assert wechat.mini("get_effective_webviewdomain")["effective_webviewdomain"] == [PAGES]
    assert wechat.state()["domains"]["downloaddomain"] == [CDN]
    wechat.mini("release")
    left = wechat.state()
    assert (left["domains"]["requestdomain"], left["domains"]["downloaddomain"]) == ([API], [])
    assert left["webviewdomain"] == [PAGES]


def test_a_release_may_lose_a_domain_that_is_in_the_pool(wechat: Client) -> None:
    wechat.approve()
    flags(wechat, domains={"requestdomain": [API]}, webviewdomain=[PAGES])
    flags(wechat, loses_at_release=["api.example.com", "pages.example.com"])
    assert wechat.mini("get_effective_domain")["effective_domain"]["requestdomain"] == [API]
    wechat.mini("release")
    assert wechat.mini("get_effective_domain")["effective_domain"]["requestdomain"] == []
    assert wechat.mini("get_effective_webviewdomain")["effective_webviewdomain"] == []
    # Once: what is put back, stays.
    assert wechat.state()["loses_at_release"] == []


def test_visits_are_stopped_and_go_on(wechat: Client) -> None:
    assert wechat.mini("getvisitstatus")["status"] == 1
    assert wechat.mini("change_visitstatus", {"action": "shut"})["errcode"] == 85022
    for _ in range(2):
        assert wechat.mini("change_visitstatus", {"action": "close"})["errcode"] == 0
    assert wechat.mini("getvisitstatus")["status"] == 0
    assert wechat.live()["effects"] == {"change_visitstatus": 1}
    assert wechat.mini("change_visitstatus", {"action": "open"})["errcode"] == 0
    assert wechat.mini("getvisitstatus")["status"] == 1


def test_the_filing_can_be_read(wechat: Client) -> None:
    assert wechat.get("icp/get_icp_entrance_info")["info"]["status"] == 6
    flags(wechat, icp={"status": 1028, "audit_data": [{"key_name": "name", "error": "x", "suggest": "y"}]})
    found = wechat.get("icp/get_icp_entrance_info")["info"]
    assert (found["status"], found["audit_data"][0]["key_name"], found["is_canceling"]) == (
        1028,
        "name",
        False,
    )
