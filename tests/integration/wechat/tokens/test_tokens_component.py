from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPID,
    TICKET,
)
from tests.integration.wechat.server import Fields, Request, ScriptedWeChat, refusal
from tests.integration.wechat.tokens.token_helpers import grant, put, put_due, value
from wechat.errors import Refused, TicketMissing
from wechat.http.deadline import Deadline
from wechat.tokens.single_flight import Tokens
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import TokenStore


def component_tokens_used(wechat: ScriptedWeChat, path: str = API_AUTHORIZER_TOKEN) -> list[str]:
    return [request.token for request in wechat.calls(path)]


def tickets_sent(wechat: ScriptedWeChat) -> list[str]:
    return [request.fields["component_verify_ticket"] for request in wechat.calls(API_COMPONENT_TOKEN)]


def newer_ticket(store: TokenStore, errcode: int) -> Callable[[Request], Fields]:
    def reply(_: Request) -> Fields:
        store.put_ticket("newer")
        return refusal(errcode)

    return reply


@pytest.mark.parametrize("errcode", [40001, 40014, 42001, 42006])
def test_rejected_component_token_is_replaced_once_and_the_call_repeated(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    put(store, COMPONENT, "component-0")
    wechat.on(API_AUTHORIZER_TOKEN, refusal(errcode), grant("new"))

    assert tokens.authorizer_token(APPID, deadline) == "new"

    assert component_tokens_used(wechat) == ["component-0", "component-1"]
    assert value(store, COMPONENT) == "component-1"


def test_component_token_that_is_rejected_for_ever_is_an_error_after_two_calls(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(40001))

    with pytest.raises(Refused) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert caught.value.errcode == 40001
    assert component_tokens_used(wechat) == ["component-1", "component-2"]
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == 2


def test_stale_rejection_does_not_cost_a_newer_component_token(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    # Given that another worker renews the component token while our call is on its way
    put(store, COMPONENT, "component-0")

    def renewed_meanwhile(_: Request) -> Fields:
        store.reject_token(COMPONENT, "component-0")
        put(store, COMPONENT, "component-of-another")
        return refusal(42001)

    wechat.on(API_AUTHORIZER_TOKEN, renewed_meanwhile, grant("new"))

    tokens.authorizer_token(APPID, deadline)

    assert component_tokens_used(wechat) == ["component-0", "component-of-another"]
    assert wechat.calls(API_COMPONENT_TOKEN) == []


@pytest.mark.parametrize("errcode", [61005, 61006, 40091])
def test_rejected_ticket_is_replaced_by_a_newer_one_once(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    issued = {"component_access_token": "component-1", "expires_in": 7200}
    wechat.on(API_COMPONENT_TOKEN, newer_ticket(store, errcode), issued)

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"
    assert tickets_sent(wechat) == [TICKET, "newer"]


@pytest.mark.parametrize("errcode", [61005, 61006, 40091])
def test_rejected_ticket_that_is_the_newest_is_an_error(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    wechat.on(API_COMPONENT_TOKEN, refusal(errcode))

    with pytest.raises(Refused) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert caught.value.errcode == errcode
    assert tickets_sent(wechat) == [TICKET]


def test_newer_ticket_that_is_rejected_too_is_an_error_after_two_calls(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_COMPONENT_TOKEN, newer_ticket(store, 61005), refusal(61006))

    with pytest.raises(Refused) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert caught.value.errcode == 61006
    assert tickets_sent(wechat) == [TICKET, "newer"]


def test_other_refusal_of_a_component_token_is_not_repeated_with_a_newer_ticket(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_COMPONENT_TOKEN, newer_ticket(store, 40125))

    with pytest.raises(Refused):
        tokens.authorizer_token(APPID, deadline)

    assert tickets_sent(wechat) == [TICKET]


def test_without_a_ticket_there_is_no_component_token(
    tokens: Tokens, redis_client: redis.Redis, deadline: Deadline
) -> None:
    redis_client.delete("wechat:ticket")

    with pytest.raises(TicketMissing):
        tokens.authorizer_token(APPID, deadline)


def test_component_token_at_hand_needs_no_ticket(
    tokens: Tokens, store: TokenStore, redis_client: redis.Redis, deadline: Deadline
) -> None:
    put(store, COMPONENT, "component-0")
    redis_client.delete("wechat:ticket")

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"


def test_component_token_that_is_due_needs_no_ticket_either(
    tokens: Tokens, store: TokenStore, redis_client: redis.Redis, deadline: Deadline
) -> None:
    put_due(store, COMPONENT, "component-0")
    redis_client.delete("wechat:ticket")

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"


def test_a_new_token_is_fetched_although_one_is_good_and_stored_for_all(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    put(store, COMPONENT, "component-0")

    assert tokens.new_component_token(deadline, keep=True) == "component-1"

    assert tickets_sent(wechat) == [TICKET]
    assert value(store, COMPONENT) == "component-1"
    assert store.begin_refresh(COMPONENT, 1)[0] is not None, "the lock was kept"


def test_a_new_token_that_is_refused_leaves_the_stored_one(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    put(store, COMPONENT, "component-0")
    wechat.on(API_COMPONENT_TOKEN, refusal(40125))

    for keep in (True, False):
        with pytest.raises(Refused, match="40125"):
            tokens.new_component_token(deadline, keep=keep)

    assert value(store, COMPONENT) == "component-0"


def test_a_new_token_of_another_platform_is_not_stored(
    tokens: Tokens, store: TokenStore, deadline: Deadline
) -> None:
    put(store, COMPONENT, "component-0")

    assert tokens.new_component_token(deadline, keep=False) == "component-1"

    assert value(store, COMPONENT) == "component-0"
