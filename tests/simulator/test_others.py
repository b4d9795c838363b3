"""What the control side lets somebody else do to a Mini Program."""

from typing import Any

import pytest

from tests.simulator.client import MINI, OTHER, Client

API, PAGES = "https://api.example.com", "https://pages.example.com"


def others(wechat: Client, **fields: Any) -> Any:
    return wechat.sim("POST", "others", {"appid": MINI, **fields})[0]


@pytest.mark.parametrize(
    ("up_to", "status", "live"),
    [("committed", None, None), ("submitted", 2, None), ("passed", 0, None), ("live", 0, "9.9.9")],
)
def test_somebody_else_brings_a_version_so_far(
    wechat: Client, up_to: str, status: int | None, live: str | None
) -> None:
    answer = others(wechat, user_version="9.9.9", user_desc="theirs", up_to=up_to)
    state = wechat.state()
    info = wechat.mini("getversioninfo")
    assert (info["exp_info"]["exp_version"], info["exp_info"]["exp_desc"]) == ("9.9.9", "theirs")
    assert [audit["status"] for audit in state["audits"]] == ([] if status is None else [status])
    assert answer == {"appid": MINI, "auditid": state["audits"][0]["auditid"] if state["audits"] else None}
    assert info.get("release_info", {}).get("release_version") == live
    assert wechat.live()["effects"] == {}


def test_somebody_else_publishes_what_is_ours(wechat: Client) -> None:
    assert wechat.raw("POST", "/_sim/others", json={"appid": MINI}).status_code == 400
    auditid = wechat.approve()
    assert others(wechat)["auditid"] == auditid
    live = wechat.live()
    assert (live["live"]["user_version"], live["live"]["by"]) == ("1.0.0", "somebody else")
    assert "release" not in live["effects"]
    assert wechat.mini("release")["errcode"] == 85052


def test_it_is_done_to_many_at_once(wechat: Client) -> None:
    wanted = [{"appid": appid, "user_version": "0.9"} for appid in (MINI, OTHER)]
    assert [one["appid"] for one in wechat.sim("POST", "others", wanted)] == [MINI, OTHER]
    live = wechat.sim("GET", "live")
    assert [live[appid]["live"]["user_version"] for appid in (MINI, OTHER)] == ["0.9", "0.9"]
    assert sum(one["live"] is None for one in live.values()) == 2


def test_a_host_leaves_a_pool_and_comes_back(wechat: Client) -> None:
    left = wechat.sim("POST", "pool", {"drop": ["api.example.com"]})
    assert "api.example.com" not in left["published"] + left["testing"]
    add = {"action": "add", "requestdomain": [API]}
    assert wechat.mini("modify_domain", add)["errcode"] == 85018
    wechat.sim("POST", "pool", {"add": ["api.example.com"]})
    assert wechat.mini("modify_domain", add)["errcode"] == 0
    assert wechat.sim("POST", "pool", {"kind": "webview", "drop": ["pages.example.com"]}) == {
        "published": [],
        "testing": [],
    }


def test_a_domain_is_taken_from_a_miniprogram(wechat: Client) -> None:
    fields = {"domains": {"requestdomain": [API], "uploaddomain": [API]}, "webviewdomain": [PAGES]}
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})
    left = wechat.sim("POST", f"domains/{MINI}", {"drop": ["api.example.com", "pages.example.com"]})
    assert not any(left.values())
    assert wechat.mini("modify_domain", {"action": "get"})["requestdomain"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("others", {"appid": "nobody", "user_version": "1"}),
        ("others", {"appid": MINI, "user_version": "1", "up_to": "moon"}),
        ("others", {"appid": MINI, "version": "1"}),
        ("pool", {"kind": "lake"}),
        ("pool", {"drop": "api.example.com"}),
        ("domains/nobody", {"drop": []}),
        (f"domains/{MINI}", {"add": []}),
        ("audits", {"status": 0, "appids": ["nobody"]}),
    ],
)
def test_what_makes_no_sense_is_400_and_says_why(wechat: Client, path: str, body: Any) -> None:
    answer = wechat.raw("POST", f"/_sim/{path}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
