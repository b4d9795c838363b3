from __future__ import annotations

import pytest

from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPID,
    APPSECRET,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import Fields, Request, ScriptedWeChat, hang_up, refusal
from tests.integration.wechat.shown import everything_shown_by
from wechat.errors import NotAuthorized, Refused, TicketMissing, Unanswered
from wechat.mini_program import MiniProgram
from wechat.tokens.store import TokenStore

PAGES = "/wxa/security/get_code_privacy_info"
#: The errcodes that say the access token is no good (wechat-api.md §9).
REJECTIONS = [40001, 40014, 42001]


def tokens_used(wechat: ScriptedWeChat, path: str) -> list[str]:
    return [request.token for request in wechat.calls(path)]


def issue_once(token: str) -> Fields:
    return {"authorizer_access_token": token, "expires_in": 7200, "authorizer_refresh_token": REFRESH_TOKEN}


@pytest.mark.parametrize("errcode", REJECTIONS)
def test_call_with_a_rejected_token_is_repeated_once_with_a_fresh_one(
    mini_program: MiniProgram, wechat: ScriptedWeChat, errcode: int
) -> None:
    wechat.on(PAGES, refusal(errcode), {"page_list": ["pages/index"]})

    assert mini_program.privacy_info()["page_list"] == ["pages/index"]

    assert tokens_used(wechat, PAGES) == ["merchant-1", "merchant-2"]
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 2


def test_repeated_call_has_the_same_body(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on("/wxa/commit", refusal(42001), {"errcode": 0})

    mini_program.commit(template_id=7, ext={}, user_version="1", user_desc="first")

    first, second = wechat.calls("/wxa/commit")
    assert first.body == second.body


@pytest.mark.parametrize("errcode", REJECTIONS)
def test_token_that_is_rejected_for_ever_is_an_error_after_two_calls(
    mini_program: MiniProgram, wechat: ScriptedWeChat, errcode: int
) -> None:
    wechat.on(PAGES, refusal(errcode))

    with pytest.raises(Refused) as caught:
        mini_program.privacy_info()

    assert (caught.value.endpoint, caught.value.errcode) == (PAGES, errcode)
    assert tokens_used(wechat, PAGES) == ["merchant-1", "merchant-2"]
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 2
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == 1


def test_everything_rejected_for_ever_is_an_error_after_few_calls(
    mini_program: MiniProgram, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    wechat.on(PAGES, refusal(42001))
    wechat.on(API_AUTHORIZER_TOKEN, issue_once("merchant-1"), refusal(42001))

    with pytest.raises(Refused) as caught:
        mini_program.privacy_info()

    assert caught.value.endpoint == API_AUTHORIZER_TOKEN
    assert len(wechat.calls(PAGES)) == 1
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 3
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == 2


@pytest.mark.parametrize("errcode", [-1, 45009, 48001, 61007, 85017])
def test_other_refusal_neither_repeats_the_call_nor_costs_the_token(
    mini_program: MiniProgram, wechat: ScriptedWeChat, store: TokenStore, errcode: int
) -> None:
    wechat.on(PAGES, refusal(errcode))

    with pytest.raises(Refused):
        mini_program.privacy_info()

    kept = store.token(APPID)
    assert kept is not None
    assert kept.value == "merchant-1"
    assert len(wechat.calls(PAGES)) == 1


def test_unanswered_call_is_not_repeated(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on(PAGES, hang_up)

    with pytest.raises(Unanswered):
        mini_program.privacy_info()

    assert len(wechat.calls(PAGES)) == 1


def test_token_is_used_again_by_the_next_call(mini_program: MiniProgram, wechat: ScriptedWeChat) -> None:
    wechat.on(PAGES, {"page_list": []})

    mini_program.privacy_info()
    mini_program.privacy_info()

    assert tokens_used(wechat, PAGES) == ["merchant-1", "merchant-1"]
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1


def test_late_rejection_of_an_old_token_uses_the_newer_one(
    mini_program: MiniProgram, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    # Given that another worker replaces the token while our call is on its way
    def rejected_meanwhile(_: Request) -> Fields:
        store.reject_token(APPID, "merchant-1")
        owner = store.begin_refresh(APPID, 5)[0]
        assert owner is not None
        assert store.put_token(APPID, owner, "merchant-of-another", expires_in_s=7200, refresh_ahead_s=600)
        return refusal(40001)

    wechat.on(PAGES, rejected_meanwhile, {"page_list": []})

    mini_program.privacy_info()

    assert tokens_used(wechat, PAGES) == ["merchant-1", "merchant-of-another"]
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1


def test_mini_program_that_authorised_nobody_is_not_called(
    mini_program: MiniProgram, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    store._redis.delete(f"wechat:refresh-token:{APPID}")

    with pytest.raises(NotAuthorized) as caught:
        mini_program.privacy_info()

    assert caught.value.appid == APPID
    assert wechat.server.requests == []


def test_without_a_ticket_nothing_is_called(
    mini_program: MiniProgram, wechat: ScriptedWeChat, store: TokenStore
) -> None:
    store._redis.delete("wechat:ticket")

    with pytest.raises(TicketMissing):
        mini_program.privacy_info()

    assert wechat.server.requests == []


@pytest.mark.parametrize("path", [API_COMPONENT_TOKEN, API_AUTHORIZER_TOKEN, PAGES])
@pytest.mark.parametrize("reply", [hang_up, refusal(-1), refusal(40001), {"errcode": "x"}])
def test_no_error_shows_a_secret(
    mini_program: MiniProgram, wechat: ScriptedWeChat, path: str, reply: Fields
) -> None:
    wechat.on(path, reply)

    with pytest.raises((Refused, Unanswered)) as caught:
        mini_program.privacy_info()

    shown = everything_shown_by(caught.value)
    for secret in (APPSECRET, TICKET, REFRESH_TOKEN, "component-1", "merchant-1", "merchant-2"):
        assert secret not in shown
