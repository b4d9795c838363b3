from typing import Any

import pytest

from tests.simulator.client import MINI, OTHER, Client, until
from tests.simulator.process import running
from tests.simulator.pushed import receiving

REASON = '1:小程序内容不符合规则:<br>(1)没有"隐私指引"<br'
REJECTED = {"status": 1, "reason": REASON, "screenshot": "media-a|media-b"}


def submit(wechat: Client) -> int:
    wechat.commit_and_scan()
    auditid: int = wechat.mini("submit_audit")["auditid"]
    return auditid


def status(wechat: Client) -> int:
    found: int = wechat.get("get_latest_auditstatus")["status"]
    return found


def test_an_audit_is_decided_as_the_plan_says(wechat: Client) -> None:
    steps = [{"after_s": 60, "status": 4, "reason": "需要更多时间"}, {"after_s": 3600, "status": 0}]
    wechat.sim("POST", "platform", {"audit_plan": steps})
    submit(wechat)
    assert status(wechat) == 2
    wechat.advance(61)
    assert wechat.get("get_latest_auditstatus")["reason"] == "需要更多时间"
    assert status(wechat) == 4
    wechat.advance(3600)
    assert status(wechat) == 0


def test_a_miniprogram_may_have_a_plan_of_its_own(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"audit_plan": [{"after_s": 0}]})
    wechat.sim("POST", "miniprograms", {"appid": MINI, "audit_plan": [{"after_s": 1, **REJECTED}]})
    submit(wechat)
    wechat.advance(2)
    assert status(wechat) == 1


def test_the_plan_leaves_alone_what_something_else_has_decided(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"audit_plan": [{"after_s": 60}]})
    submit(wechat)
    assert wechat.get("undocodeaudit")["errcode"] == 0
    wechat.advance(61)
    assert status(wechat) == 3
    assert wechat.live()["effects"] == {"submit_audit": 1, "undocodeaudit": 1}


def test_audits_pass_after_seconds_if_asked_for_at_the_start() -> None:
    with running("--audit-s", "60") as (_, url):
        wechat = Client(url)
        submit(wechat)
        wechat.advance(61)
        assert status(wechat) == 0


@pytest.mark.parametrize(
    "plan", [{}, [1], [{"status": 7}], [{"after_s": "soon"}], [{"user_version": "1"}], None]
)
def test_a_plan_that_makes_no_sense_is_refused(wechat: Client, plan: Any) -> None:
    assert wechat.raw("POST", "/_sim/platform", json={"audit_plan": plan}).status_code == 400


def test_a_rejection_says_why_and_shows_pictures(wechat: Client) -> None:
    auditid = submit(wechat)
    wechat.sim("POST", f"audits/{MINI}", REJECTED)
    latest = wechat.get("get_latest_auditstatus")
    assert (latest["auditid"], latest["reason"], latest["screenshot"]) == (auditid, REASON, "media-a|media-b")
    wechat.sim("POST", "miniprograms", {"appid": MINI, "screenshot_name": "ScreenShot"})
    one = wechat.mini("get_auditstatus", {"auditid": auditid})
    assert (one["ScreenShot"], "screenshot" in one) == ("media-a|media-b", False)
    # And never more than that
    assert set(one) == {"errcode", "errmsg", "status", "reason", "ScreenShot"}


@pytest.mark.parametrize("number", [0, 2, 3])
def test_other_states_have_no_reason(wechat: Client, number: int) -> None:
    submit(wechat)
    wechat.sim("POST", f"audits/{MINI}", {**REJECTED, "status": number})
    assert not {"reason", "screenshot"} & set(wechat.get("get_latest_auditstatus"))


def test_a_picture_is_binary_and_a_refusal_json(wechat: Client) -> None:
    submit(wechat)
    wechat.sim("POST", f"audits/{MINI}", REJECTED)
    path = f"/cgi-bin/material/get_material?access_token={wechat.token()}"
    found = [wechat.raw("POST", path, json={"media_id": media_id}) for media_id in ("media-a", "media-b")]
    assert all(answer.content.startswith(b"\x89PNG\r\n\x1a\n") for answer in found)
    assert found[0].content != found[1].content
    assert found[0].headers["Content-Type"] == "image/png"
    assert wechat.raw("POST", path, json={"media_id": "media-c"}).json()["errcode"] == 40007


def test_all_that_wait_are_decided_at_once(wechat: Client) -> None:
    first = submit(wechat)
    for appid in (MINI, OTHER):
        wechat.sim("POST", f"audits/{appid}", {"status": 4, "user_version": "2"})
    assert wechat.sim("POST", "audits", {"status": 0, "appids": [OTHER]}) == {"decided": 1}
    assert wechat.sim("POST", "audits", REJECTED) == {"decided": 2}
    assert wechat.sim("POST", "audits", {"status": 0}) == {"decided": 0}
    assert wechat.mini("get_auditstatus", {"auditid": first})["reason"] == REASON
    assert [audit["status"] for audit in wechat.state(OTHER)["audits"]] == [0]
    assert wechat.raw("POST", "/_sim/audits", json={"reason": "?"}).status_code == 400


def test_an_older_audit_can_be_named(wechat: Client) -> None:
    first = submit(wechat)
    wechat.sim("POST", f"audits/{MINI}", {"user_version": "9.9.9", "status": 2})
    wechat.sim("POST", f"audits/{MINI}", {"auditid": first, "status": 0})
    assert wechat.mini("get_auditstatus", {"auditid": first})["status"] == 0
    assert status(wechat) == 2
    assert wechat.raw("POST", f"/_sim/audits/{MINI}", json={"auditid": 1, "status": 0}).status_code == 400


def test_an_audit_is_sped_up_once_and_the_pool_is_the_providers(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"speedup_quota": 1})
    auditid = submit(wechat)
    assert wechat.mini("speedupaudit", {"auditid": auditid + 1})["errcode"] == 89402
    assert wechat.mini("speedupaudit", {"auditid": auditid})["errcode"] == 0
    assert wechat.mini("speedupaudit", {"auditid": auditid})["errcode"] == 89404
    quota = wechat.get("queryquota")
    assert (quota["speedup_rest"], quota["speedup_limit"]) == (0, 1)
    wechat.sim("POST", f"audits/{MINI}", {"status": 0})
    assert wechat.mini("speedupaudit", {"auditid": auditid})["errcode"] == 89402
    assert wechat.mini("speedupaudit", {"auditid": submit(wechat)})["errcode"] == 89405
    assert wechat.live()["effects"]["speedupaudit"] == 1


def test_a_decision_is_pushed_without_id_and_version(wechat: Client) -> None:
    with receiving() as (url, pushes):
        plan = [{"after_s": 0, "status": 4}]
        wechat.sim("POST", "platform", {"push_to": url, "push_every_s": 0, "audit_plan": plan})
        submit(wechat)
        until(lambda: len(pushes) == 1)
        wechat.sim("POST", f"audits/{MINI}", REJECTED)
        until(lambda: len(pushes) == 2)
        wechat.sim("POST", f"audits/{MINI}", {"status": 2, "push": False})
        wechat.sim("POST", "audits", {"status": 0, "push": False})
        wechat.sim("POST", f"audits/{MINI}", {"status": 0})
        until(lambda: len(pushes) == 3)
    assert [path for path, _ in pushes] == [f"/wechat/messages/{MINI}"] * 3
    events = [fields for _, fields in pushes]
    assert [event["Event"] for event in events] == [
        f"weapp_audit_{end}" for end in ("delay", "fail", "success")
    ]
    assert [set(event) & {"SuccTime", "FailTime", "DelayTime"} for event in events] == [
        {"DelayTime"},
        {"FailTime"},
        {"SuccTime"},
    ]
    assert (events[1]["Reason"], events[1]["ScreenShot"]) == (REASON, "media-a|media-b")
    assert set(events[2]) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "SuccTime"}
