from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.simulator.client import MINI, Client, until


def flags(wechat: Client, **fields: Any) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, **fields})


def test_there_is_no_trial_version_before_the_first_commit(wechat: Client) -> None:
    assert wechat.mini("getversioninfo") == {"errcode": 0, "errmsg": "ok"}


def test_a_later_commit_replaces_the_trial_version_by_wechats_clock(wechat: Client) -> None:
    wechat.advance(3600)
    assert wechat.commit() == {"errcode": 0, "errmsg": "ok"}
    assert wechat.commit(user_version="1.0.1", user_desc="marker 7")["errcode"] == 0
    answer = wechat.raw("POST", f"/wxa/getversioninfo?access_token={wechat.token()}", data=b"{}")
    info = answer.json()["exp_info"]
    assert (info["exp_version"], info["exp_desc"]) == ("1.0.1", "marker 7")
    now = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert now - 5 <= info["exp_time"] <= now
    assert wechat.state()["trial"]["template_id"] == 1


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"template_id": 99}, 85014),
        ({"template_id": "1"}, 85014),
        ({"template_id": True}, 85014),
        ({"ext_json": {}}, -1),
        ({"ext_json": "{"}, 85048),
        ({"ext_json": "[]"}, 85013),
        ({"ext_json": '{"pages": []}'}, 85047),
        ({"ext_json": '{"pages": ["pages/none"]}'}, 85045),
        ({"user_version": "v" * 65}, 40097),
        ({"user_desc": None}, 40097),
    ],
)
def test_a_wrong_commit_is_refused_and_changes_nothing(
    wechat: Client, changes: dict[str, Any], errcode: int
) -> None:
    assert wechat.commit(**changes)["errcode"] == errcode
    assert wechat.state()["trial"] is None


def test_each_commit_begins_the_privacy_scan_anew(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"scan_s": 60})
    assert wechat.get("security/get_code_privacy_info")["errcode"] == 86001
    wechat.commit()
    wechat.advance(59)
    wechat.commit()
    wechat.advance(59)
    assert wechat.get("security/get_code_privacy_info")["errcode"] == 61039
    wechat.advance(2)
    answer = wechat.get("security/get_code_privacy_info")
    assert (answer["errcode"], answer["without_auth_list"]) == (0, [])


def test_the_scan_may_find_something(wechat: Client) -> None:
    flags(wechat, without_conf_list=["wx.getLocation"])
    wechat.commit_and_scan()
    answer = wechat.get("security/get_code_privacy_info")
    assert (answer["errcode"], answer["without_conf_list"]) == (61040, ["wx.getLocation"])
    assert wechat.mini("submit_audit")["errcode"] == 61040
    assert wechat.mini("submit_audit", {"privacy_api_not_use": True})["errcode"] == 0


def test_two_operations_at_once_on_one_miniprogram_end_in_9402202(wechat: Client) -> None:
    wechat.token()
    wechat.fault("delay_before", endpoint="commit", seconds=1)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(wechat.commit)
        until(lambda: wechat.calls("commit"))
        assert wechat.mini("submit_audit")["errcode"] == 9402202
        assert wechat.mini("getversioninfo")["errcode"] == 0
        assert slow.result()["errcode"] == 0


def test_pages_categories_and_templates_can_be_listed(wechat: Client) -> None:
    assert wechat.get("get_page")["errcode"] == 86001
    wechat.commit()
    assert "pages/index/index" in wechat.get("get_page")["page_list"]
    assert wechat.get("get_category")["category_list"][0]["first_id"] == 304
    answer = wechat.raw("GET", f"/wxa/gettemplatelist?access_token={wechat.component_token()}").json()
    assert [template["template_id"] for template in answer["template_list"]] == [1, 2, 3]


def test_somebody_else_may_have_committed(wechat: Client) -> None:
    flags(wechat, exp_info={"exp_version": "9.9.9", "exp_desc": "theirs", "exp_time": 1_700_000_000})
    info = wechat.mini("getversioninfo")["exp_info"]
    assert info == {"exp_version": "9.9.9", "exp_desc": "theirs", "exp_time": 1_700_000_000}
