from typing import Any

import pytest

from simulator.world.miniprogram import DEFAULT_CATEGORY
from tests.simulator.client import MINI, Client

DAY = 86_400


def flags(wechat: Client, **fields: Any) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})


def submit(wechat: Client, **fields: Any) -> dict[str, Any]:
    return wechat.mini("submit_audit", fields)


def test_an_audit_id_is_one_that_any_client_can_read(wechat: Client) -> None:
    wechat.commit_and_scan()
    answer = submit(wechat, item_list=[{**DEFAULT_CATEGORY, "title": "首页", "tag": "a b"}])
    assert answer["errcode"] == 0
    assert 10**9 < answer["auditid"] < 2**53


def test_an_audit_id_is_larger_than_a_float_can_hold_if_asked_for(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"big_auditids": True})
    ids = []
    for _ in range(2):
        wechat.commit_and_scan()
        ids.append(submit(wechat)["auditid"])
        wechat.sim("POST", f"audits/{MINI}", {"status": 0})
    assert ids[0] != ids[1]
    assert all(one > 2**53 and int(float(one)) != one for one in ids)


def test_submitting_needs_code_and_a_finished_scan(wechat: Client) -> None:
    assert submit(wechat)["errcode"] == 86001
    flags(wechat, no_code_errcode=85086)
    assert submit(wechat)["errcode"] == 85086
    wechat.sim("POST", "platform", {"scan_s": 60})
    wechat.commit()
    assert submit(wechat)["errcode"] == 61039


@pytest.mark.parametrize("status", [2, 4])
def test_a_version_under_audit_is_85009(wechat: Client, status: int) -> None:
    wechat.commit_and_scan()
    assert submit(wechat)["errcode"] == 0
    wechat.sim("POST", f"audits/{MINI}", {"status": status})
    assert submit(wechat)["errcode"] == 85009


@pytest.mark.parametrize("status", [0, 1, 3])
def test_after_a_finished_audit_another_may_follow_and_is_counted(wechat: Client, status: int) -> None:
    wechat.commit_and_scan()
    first = submit(wechat)["auditid"]
    wechat.sim("POST", f"audits/{MINI}", {"status": status, "reason": "see below"})
    assert submit(wechat)["auditid"] != first
    assert wechat.state()["submitted_after_applied"] == 1
    assert wechat.sim("GET", "state")["totals"]["submitted_after_applied"] == 1
    answer = wechat.mini("get_auditstatus", {"auditid": first})
    assert (answer["status"], answer.get("reason")) == (status, "see below" if status == 1 else None)


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"item_list": []}, 85023),
        ({"item_list": [DEFAULT_CATEGORY] * 6}, 85023),
        ({"item_list": [{}]}, 85010),
        ({"item_list": [{**DEFAULT_CATEGORY, "tag": "t" * 21}]}, 85006),
        ({"item_list": [{**DEFAULT_CATEGORY, "address": "pages/none"}]}, 85007),
        ({"item_list": [{**DEFAULT_CATEGORY, "title": "t" * 33}]}, 85011),
        ({"item_list": [{"first_class": "教育", "first_id": 1}]}, 85008),
        ({"feedback_info": "f" * 201}, 40097),
        ({"version_desc": "v" * 2001}, 85051),
    ],
)
def test_wrong_fields_are_refused(wechat: Client, fields: dict[str, Any], errcode: int) -> None:
    wechat.commit_and_scan()
    assert submit(wechat, **fields)["errcode"] == errcode


@pytest.mark.parametrize(
    ("fields", "errcode"), [({"categories": []}, 85008), ({"profile_complete": False}, 86002)]
)
def test_an_unprepared_miniprogram_is_refused(wechat: Client, fields: dict[str, Any], errcode: int) -> None:
    wechat.commit_and_scan()
    flags(wechat, **fields)
    assert submit(wechat)["errcode"] == errcode


def test_the_providers_quota_is_one_for_all_and_per_month(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"audit_quota": 1, "token_ttl_s": 10_000_000})
    wechat.commit_and_scan()
    assert (wechat.get("queryquota")["rest"], wechat.get("queryquota")["limit"]) == (1, 1)
    assert submit(wechat)["errcode"] == 0
    wechat.sim("POST", f"audits/{MINI}", {"status": 1})
    assert submit(wechat)["errcode"] == 85085
    assert wechat.get("queryquota")["rest"] == 0
    wechat.advance(31 * DAY)
    assert submit(wechat)["errcode"] == 0


def test_the_latest_audit_can_be_asked_for(wechat: Client) -> None:
    assert wechat.get("get_latest_auditstatus")["errcode"] == 85058
    wechat.commit_and_scan()
    assert wechat.get("get_latest_auditstatus")["errcode"] == 85058
    auditid = submit(wechat)["auditid"]
    answer = wechat.get("get_latest_auditstatus")
    assert (answer["auditid"], answer["status"], answer["user_version"]) == (auditid, 2, "1.0.0")
    assert answer["user_desc"] == "新版本"
    assert answer["submit_audit_time"] > 0


@pytest.mark.parametrize("auditid", [1, "1000000001", None])
def test_an_unknown_audit_id_is_refused(wechat: Client, auditid: Any) -> None:
    wechat.commit_and_scan()
    submit(wechat)
    assert wechat.mini("get_auditstatus", {"auditid": auditid})["errcode"] == 85012


def test_somebody_else_may_submit(wechat: Client) -> None:
    theirs = {"status": 2, "user_version": "9.9.9", "submit_audit_time": 1_700_000_000}
    wechat.sim("POST", f"audits/{MINI}", theirs)
    answer = wechat.get("get_latest_auditstatus")
    assert (answer["user_version"], answer["submit_audit_time"]) == ("9.9.9", 1_700_000_000)
    wechat.commit_and_scan()
    assert submit(wechat)["errcode"] == 85009
    wechat.sim("POST", f"audits/{MINI}", {"status": 2, "new": True})
    assert len(wechat.state()["audits"]) == 2


def test_an_audit_can_be_undone_five_times_a_day_and_ten_a_month(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"token_ttl_s": 10_000_000})
    assert wechat.get("undocodeaudit")["errcode"] == 85012
    undone = []
    # To the beginning of a month, so that three days lie in it.
    for _ in range(31):
        if _day_of_month(wechat) != 2:
            wechat.advance(DAY)
    for _ in range(3):
        undone += [_undo(wechat) for _ in range(6)]
        wechat.advance(DAY)
    assert undone == [0] * 5 + [87013] + [0] * 5 + [87013] + [87013] * 6


def _undo(wechat: Client) -> int:
    wechat.sim("POST", f"audits/{MINI}", {"status": 2})
    code: int = wechat.get("undocodeaudit")["errcode"]
    return code


def _day_of_month(wechat: Client) -> int:
    return int(wechat.raw("GET", "/wxa/get_page").headers["Date"].split()[1])


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("null", None),
        ("empty", ""),
        ("cut", ("<第一版> " * 20)[:64]),
        ("escaped", "&lt;第一版&gt; " * 20),
        ("replaced", "第三方平台提交"),
    ],
)
def test_descriptions_may_be_shown_otherwise(wechat: Client, style: str, shown: str | None) -> None:
    wechat.commit_and_scan(user_desc="<第一版> " * 20)
    submit(wechat)
    flags(wechat, desc_style=style)
    assert wechat.get("get_latest_auditstatus")["user_desc"] == shown
    assert wechat.mini("getversioninfo")["exp_info"]["exp_desc"] == shown


def test_descriptions_may_be_left_out(wechat: Client) -> None:
    wechat.commit_and_scan()
    submit(wechat)
    flags(wechat, desc_style="absent")
    assert "user_desc" not in wechat.get("get_latest_auditstatus")
    assert "exp_desc" not in wechat.mini("getversioninfo")["exp_info"]
