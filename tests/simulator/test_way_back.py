"""revertcoderelease and the gray release."""

from typing import Any

import pytest

from tests.simulator.client import Client

REVERT = "revertcoderelease"
LIST = {"action": "get_history_version"}


def listed(wechat: Client) -> list[tuple[int, str]]:
    found = wechat.get(REVERT, **LIST)["version_list"]
    assert all(set(one) == {"app_version", "user_version", "user_desc", "commit_time"} for one in found)
    return [(one["app_version"], one["user_version"]) for one in found]


def live(wechat: Client) -> str:
    version: str = wechat.mini("getversioninfo")["release_info"]["release_version"]
    return version


def test_a_version_comes_back_once(wechat: Client) -> None:
    assert wechat.get(REVERT)["errcode"] == 87012
    for version in ("1", "2", "3"):
        wechat.put_live(user_version=version)
    assert listed(wechat) == [(1, "1"), (2, "2")]
    assert wechat.get(REVERT)["errcode"] == 0
    assert live(wechat) == "2"
    assert listed(wechat) == []
    assert wechat.get(REVERT)["errcode"] == 87012
    assert wechat.live()["effects"]["revertcoderelease"] == 1
    # What came back is one of those that may come back later, beside its first time.
    wechat.put_live(user_version="4")
    assert listed(wechat) == [(1, "1"), (2, "2"), (3, "3"), (4, "2")]


def test_an_older_version_can_be_named(wechat: Client) -> None:
    for version in ("1", "2", "3"):
        wechat.put_live(user_version=version)
    assert wechat.get(REVERT, app_version="1")["errcode"] == 0
    assert live(wechat) == "1"
    assert wechat.calls(REVERT)[-1]["body"] == {"app_version": "1"}


def test_five_versions_are_kept(wechat: Client) -> None:
    for number in range(8):
        wechat.put_live(user_version=str(number))
    assert [version for _, version in listed(wechat)] == ["2", "3", "4", "5", "6"]
    assert wechat.get(REVERT, app_version="1")["errcode"] == 87012


@pytest.mark.parametrize(
    ("query", "errcode"),
    [({"app_version": "one"}, 40097), ({"action": "list"}, 40097), ({"app_version": 9}, 87012)],
)
def test_a_wrong_wish_is_refused(wechat: Client, query: dict[str, Any], errcode: int) -> None:
    for version in ("1", "2"):
        wechat.put_live(user_version=version)
    assert wechat.get(REVERT, **query)["errcode"] == errcode
    assert live(wechat) == "2"


def test_with_an_action_nothing_is_reverted_and_all_looks_well(wechat: Client) -> None:
    for version in ("1", "2"):
        wechat.put_live(user_version=version)
    assert wechat.get(REVERT, **LIST, app_version="1")["errcode"] == 0
    assert live(wechat) == "2"
    assert REVERT not in wechat.live()["effects"]


def test_what_came_back_needs_another_audit_to_go_live_again(wechat: Client) -> None:
    for version in ("1", "2"):
        wechat.put_live(user_version=version)
    wechat.get(REVERT)
    assert wechat.mini("release")["errcode"] == 85052
    wechat.put_live(user_version="2")
    assert live(wechat) == "2"


def gray(wechat: Client, percentage: Any, **flags: Any) -> int:
    code: int = wechat.mini("grayrelease", {"gray_percentage": percentage, **flags})["errcode"]
    return code


def plan(wechat: Client) -> Any:
    return wechat.get("getgrayreleaseplan").get("gray_release_plan")


def test_a_first_version_is_not_for_some_only(wechat: Client) -> None:
    wechat.approve()
    assert gray(wechat, 5) == 85079
    assert plan(wechat) is None


def test_a_gray_release_grows_and_ends_with_the_release(wechat: Client) -> None:
    wechat.put_live()
    assert gray(wechat, 5) == 85080
    wechat.approve(user_version="2")
    assert gray(wechat, 0) == 40097
    assert gray(wechat, 0, support_experiencer_first=True) == 0
    assert [gray(wechat, percentage) for percentage in (10, 10, 5, 101, -1, "20", 20)] == [
        0,
        *[85082] * 2,
        *[85081] * 3,
        0,
    ]
    found = plan(wechat)
    assert found.pop("create_timestamp") > 1_700_000_000
    assert found == {
        "status": 1,
        "gray_percentage": 20,
        "support_debuger_first": False,
        "support_experiencer_first": True,
    }
    assert live(wechat) == "1.0.0"
    assert wechat.get(REVERT)["errcode"] == 87011
    assert wechat.mini("release")["errcode"] == 0
    assert (plan(wechat)["status"], live(wechat)) == (3, "2")
    assert wechat.live()["effects"]["grayrelease"] == 3


def test_a_gray_release_is_taken_back(wechat: Client) -> None:
    wechat.put_live()
    wechat.approve(user_version="2")
    assert gray(wechat, 50) == 0
    for _ in range(2):
        assert wechat.get("revertgrayrelease")["errcode"] == 0
    assert plan(wechat)["status"] == 4
    assert wechat.live()["effects"]["revertgrayrelease"] == 1
    assert gray(wechat, 5) == 0
    assert plan(wechat)["gray_percentage"] == 5


def test_a_gray_release_needs_a_complete_profile(wechat: Client) -> None:
    wechat.put_live()
    wechat.approve(user_version="2")
    wechat.sim("POST", "miniprograms", {"appid": "wx00000000000000b1", "profile_complete": False})
    assert gray(wechat, 5) == 86002
