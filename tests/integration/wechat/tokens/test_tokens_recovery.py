from __future__ import annotations

import pytest

from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_GET_AUTHORIZER_LIST,
    APPID,
    REFRESH_TOKEN,
)
from tests.integration.wechat.server import Fields, Reply, ScriptedWeChat, hang_up, refusal
from tests.integration.wechat.tokens.token_helpers import grant, refresh_tokens_sent
from wechat.errors import Refused
from wechat.http.deadline import Deadline
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore


def page(*rows: tuple[str, str]) -> Fields:
    return {
        "total_count": len(rows),
        "list": [
            {"authorizer_appid": appid, "refresh_token": token, "auth_time": 1} for appid, token in rows
        ],
    }


@pytest.mark.parametrize("errcode", [61023, 42002])
def test_lost_refresh_token_is_recovered_from_the_list_once(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(errcode), grant("new", ""))
    wechat.on(API_GET_AUTHORIZER_LIST, page(("wxother", "not-this"), (APPID, "found")))

    assert tokens.authorizer_token(APPID, deadline) == "new"

    assert refresh_tokens_sent(wechat) == [REFRESH_TOKEN, "found"]
    assert store.refresh_token(APPID) == "found"
    assert len(wechat.calls(API_GET_AUTHORIZER_LIST)) == 1


def test_lost_refresh_token_is_looked_for_on_every_page(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    full = page(*((f"wx{number}", "not-this") for number in range(500)))
    wechat.on(API_AUTHORIZER_TOKEN, refusal(61023), grant("new", ""))
    wechat.on(API_GET_AUTHORIZER_LIST, full, page((APPID, "found")))

    assert tokens.authorizer_token(APPID, deadline) == "new"

    offsets = [request.fields["offset"] for request in wechat.calls(API_GET_AUTHORIZER_LIST)]
    assert offsets == [0, 500]


def test_list_of_authorizers_without_an_end_is_left_after_forty_pages(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(61023))
    wechat.on(API_GET_AUTHORIZER_LIST, page(*((f"wx{number}", "x") for number in range(500))))

    with pytest.raises(Refused):
        tokens.authorizer_token(APPID, deadline)

    assert len(wechat.calls(API_GET_AUTHORIZER_LIST)) == 40


@pytest.mark.parametrize(
    "listed",
    [
        page(),
        page(("wxother", "not-this")),
        page((APPID, REFRESH_TOKEN)),
        page((APPID, "")),
        refusal(48001),
        hang_up,
    ],
    ids=["nobody", "others", "the same token", "an empty token", "refused", "unanswered"],
)
def test_refresh_token_that_the_list_does_not_better_is_an_error(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, listed: Reply
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(61023))
    wechat.on(API_GET_AUTHORIZER_LIST, listed)

    with pytest.raises(Refused) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert (caught.value.endpoint, caught.value.errcode) == (API_AUTHORIZER_TOKEN, 61023)
    assert refresh_tokens_sent(wechat) == [REFRESH_TOKEN]
    assert store.refresh_token(APPID) == REFRESH_TOKEN


def test_recovered_refresh_token_that_is_rejected_too_is_an_error_after_two_calls(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(61023))
    wechat.on(API_GET_AUTHORIZER_LIST, page((APPID, "found")))

    with pytest.raises(Refused):
        tokens.authorizer_token(APPID, deadline)

    assert refresh_tokens_sent(wechat) == [REFRESH_TOKEN, "found"]
    assert len(wechat.calls(API_GET_AUTHORIZER_LIST)) == 1


def test_refresh_token_of_the_list_that_could_not_be_sent_is_not_adopted(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(61023))
    wechat.on(API_GET_AUTHORIZER_LIST, page((APPID, "half \ud800")))

    with pytest.raises(Refused):
        tokens.authorizer_token(APPID, deadline)

    assert store.refresh_token(APPID) == REFRESH_TOKEN
