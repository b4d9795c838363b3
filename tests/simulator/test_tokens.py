from typing import Any

import pytest

from simulator.world import little_world
from tests.simulator.client import MINI, OTHER, Client

HOUR = 3600
AUTHORIZER_LIST = "/cgi-bin/component/api_get_authorizer_list"


def errcode(wechat: Client, token: str) -> int:
    code: int = wechat.post("/wxa/getversioninfo", {}, token=token)["errcode"]
    return code


def test_the_token_endpoints_answer_without_an_errcode(wechat: Client) -> None:
    answer = wechat.component_token_answer()
    assert set(answer) == {"component_access_token", "expires_in"}
    assert answer["expires_in"] == 7200
    answer = wechat.authorizer_token_answer()
    assert set(answer) == {"authorizer_access_token", "expires_in", "authorizer_refresh_token"}
    assert answer["authorizer_refresh_token"] == wechat.refresh_token(MINI)


def test_the_component_token_goes_by_either_name(wechat: Client) -> None:
    body = {"component_appid": little_world.PLATFORM_APPID, "offset": 0, "count": 1}
    for name in ("access_token", "component_access_token"):
        path = f"{AUTHORIZER_LIST}?{name}={wechat.component_token()}"
        assert len(wechat.post(path, body)["list"]) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"component_appid": ""}, 41018),
        ({"component_appid": "wx00000000000000ff"}, 40013),
        ({"component_appsecret": ""}, 41004),
        ({"component_appsecret": "wrong"}, 40125),
        ({"component_verify_ticket": "wrong"}, 61006),
    ],
)
def test_a_wrong_component_is_refused(wechat: Client, changes: dict[str, Any], code: int) -> None:
    assert wechat.component_token_answer(**changes)["errcode"] == code


def test_a_ticket_lives_twelve_hours_and_a_newer_one_does_not_end_it(wechat: Client) -> None:
    new = wechat.sim("POST", "ticket")["component_verify_ticket"]
    assert "errcode" not in wechat.component_token_answer()
    assert "errcode" not in wechat.component_token_answer(component_verify_ticket=new)
    wechat.advance(12 * HOUR + 1)
    assert wechat.component_token_answer(component_verify_ticket=new)["errcode"] == 61005


def test_old_tickets_can_be_expired(wechat: Client) -> None:
    new = wechat.sim("POST", "ticket", {"expire_old": True})["component_verify_ticket"]
    assert wechat.component_token_answer()["errcode"] == 61005
    assert "errcode" not in wechat.component_token_answer(component_verify_ticket=new)


def test_start_push_ticket_checks_the_secret(wechat: Client) -> None:
    path = "/cgi-bin/component/api_start_push_ticket"
    body = {"component_appid": little_world.PLATFORM_APPID, "component_secret": little_world.PLATFORM_SECRET}
    assert wechat.post(path, body)["errcode"] == 0
    assert wechat.post(path, {**body, "component_appid": "wx"})["errcode"] == 40013


def test_a_token_expires(wechat: Client) -> None:
    token, component = wechat.token(), wechat.component_token()
    wechat.advance(7200 + 1)
    assert errcode(wechat, token) == 42001
    assert wechat.post(AUTHORIZER_LIST, {}, token=component)["errcode"] == 42001
    wechat.sim("POST", "platform", {"component_expired_errcode": 42006})
    assert wechat.post(AUTHORIZER_LIST, {}, token=component)["errcode"] == 42006


@pytest.mark.parametrize(("token", "code"), [("", 41001), ("nonsense", 40014), ("99_" + "x" * 64, 40001)])
def test_a_token_that_is_none_is_refused(wechat: Client, token: str, code: int) -> None:
    assert errcode(wechat, token) == code


def test_a_refreshed_token_leaves_the_old_one_valid_for_five_minutes(wechat: Client) -> None:
    old = wechat.token()
    new = wechat.authorizer_token_answer()["authorizer_access_token"]
    assert errcode(wechat, old) == 0
    wechat.advance(301)
    assert errcode(wechat, old) == 40001
    assert errcode(wechat, new) == 0


def test_the_overlap_may_be_nothing(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"token_overlap_s": 0, "token_ttl_s": 60})
    old = wechat.token()
    assert wechat.authorizer_token_answer()["expires_in"] == 60
    assert errcode(wechat, old) == 40001


def test_the_wrong_kind_of_token_is_refused(wechat: Client) -> None:
    assert errcode(wechat, wechat.component_token()) == 61015
    assert wechat.post(AUTHORIZER_LIST, {}, token=wechat.token())["errcode"] == 61014
    assert wechat.get("gettemplatelist")["errcode"] == 61014


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"component_appid": "wx00000000000000ff"}, 40013),
        ({"authorizer_appid": "wx00000000000000ff"}, 61003),
        ({"authorizer_refresh_token": "wrong"}, 61023),
        ({"authorizer_refresh_token": None}, 61023),
    ],
)
def test_a_wrong_authorizer_is_refused(wechat: Client, changes: dict[str, Any], code: int) -> None:
    assert wechat.authorizer_token_answer(**changes)["errcode"] == code


@pytest.mark.parametrize(("flag", "code"), [("authorized", 61003), ("granted", 61007)])
def test_a_merchant_may_withdraw(wechat: Client, flag: str, code: int) -> None:
    token = wechat.token()
    wechat.sim("POST", "miniprograms", {"appid": MINI, flag: False})
    assert errcode(wechat, token) == code


def test_a_refresh_token_may_rotate_with_a_transition(wechat: Client) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, "rotates_refresh_token": True})
    old = wechat.refresh_token(MINI)
    new = wechat.authorizer_token_answer()["authorizer_refresh_token"]
    assert new not in ("", old)
    assert "errcode" not in wechat.authorizer_token_answer(authorizer_refresh_token=old)
    wechat.advance(301)
    assert wechat.authorizer_token_answer(authorizer_refresh_token=old)["errcode"] == 61023


def test_an_answer_may_carry_an_empty_refresh_token(wechat: Client) -> None:
    wechat.sim("POST", "miniprograms", {"appid": MINI, "empty_refresh_token": True})
    assert wechat.authorizer_token_answer()["authorizer_refresh_token"] == ""
    assert "errcode" not in wechat.authorizer_token_answer()


def test_the_authorizers_come_in_pages(wechat: Client) -> None:
    def page(offset: int, count: int) -> dict[str, Any]:
        body = {"component_appid": little_world.PLATFORM_APPID, "offset": offset, "count": count}
        return wechat.component(AUTHORIZER_LIST, body)

    appids = [mini["appid"] for mini in little_world.MINIPROGRAMS]
    assert page(0, 500)["total_count"] == len(appids)
    assert [entry["authorizer_appid"] for entry in page(1, 2)["list"]] == appids[1:3]
    assert page(0, 1)["list"][0]["refresh_token"] == wechat.refresh_token(appids[0])
    assert page(0, 501)["errcode"] == 40097


def test_tokens_can_be_ended_by_appid_by_kind_or_all(wechat: Client) -> None:
    mine, other, component = wechat.token(), wechat.token(OTHER), wechat.component_token()
    wechat.sim("POST", "tokens/expire", {"appid": MINI})
    assert (errcode(wechat, mine), errcode(wechat, other)) == (42001, 0)
    wechat.sim("POST", "tokens/expire", {"component": True})
    assert wechat.post(AUTHORIZER_LIST, {}, token=component)["errcode"] == 42001
    wechat.sim("POST", "tokens/expire", {"appid": OTHER, "void": True})
    assert errcode(wechat, other) == 40001
    wechat.forget_tokens()
    token = wechat.token()
    wechat.sim("POST", "tokens/expire")
    assert errcode(wechat, token) == 42001
