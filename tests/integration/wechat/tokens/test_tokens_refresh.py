from __future__ import annotations

import threading

import pytest
import redis

from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    APPID,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import Fields, Reply, Request, ScriptedWeChat, hang_up, refusal
from tests.integration.wechat.tokens.token_helpers import (
    LOCK_KEY,
    grant,
    put,
    put_due,
    refresh_tokens_sent,
    value,
)
from wechat.errors import NotAuthorized, Refused, Unanswered
from wechat.http.deadline import Deadline
from wechat.tokens.single_flight import Tokens
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import TokenStore


def test_token_that_is_not_stored_is_fetched_and_stored(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"

    assert (value(store), value(store, COMPONENT)) == ("merchant-1", "component-1")
    assert [request.token for request in wechat.calls(API_AUTHORIZER_TOKEN)] == ["component-1"]
    assert refresh_tokens_sent(wechat) == [REFRESH_TOKEN]


def test_stored_token_is_due_ten_minutes_before_its_two_hours_are_over(
    tokens: Tokens, store: TokenStore, deadline: Deadline
) -> None:
    tokens.authorizer_token(APPID, deadline)

    stored = store.token(APPID)
    assert stored is not None
    assert stored.refresh_below_ms == 600_000


def test_stored_token_is_used_without_a_call(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    put(store, APPID, "stored")

    assert tokens.authorizer_token(APPID, deadline) == "stored"
    assert wechat.server.requests == []


def test_token_that_is_due_is_refreshed_ahead_of_its_end(
    tokens: Tokens, store: TokenStore, deadline: Deadline
) -> None:
    put_due(store, APPID, "old")

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"
    assert value(store) == "merchant-1"


def test_others_use_the_old_token_while_one_refreshes_it(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    # Given a refresh ahead of time that WeChat is slow to answer
    put_due(store, APPID, "old")
    asked, may_answer = threading.Event(), threading.Event()

    def slow(_: Request) -> Fields:
        asked.set()
        assert may_answer.wait(5)
        return grant("new")

    wechat.on(API_AUTHORIZER_TOKEN, slow)
    got: list[str] = []
    refresher = threading.Thread(target=lambda: got.append(tokens.authorizer_token(APPID, deadline)))
    refresher.start()
    assert asked.wait(5)

    # When another caller asks
    meanwhile = tokens.authorizer_token(APPID, deadline)

    # Then it does not wait, and the refresher gets the new one
    may_answer.set()
    refresher.join()
    assert (meanwhile, got) == ("old", ["new"])


@pytest.mark.parametrize(
    "reply", [hang_up, {"errcode": "x"}, {"expires_in": 7200}], ids=["cut", "no errcode", "no token"]
)
def test_early_refresh_that_is_not_answered_leaves_the_old_token(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, reply: Reply
) -> None:
    put_due(store, APPID, "old")
    wechat.on(API_AUTHORIZER_TOKEN, reply)

    assert tokens.authorizer_token(APPID, deadline) == "old"
    assert value(store) == "old"


@pytest.mark.parametrize("errcode", [-1, 45009, 45011])
def test_early_refresh_that_is_refused_for_now_leaves_the_old_token(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    put_due(store, APPID, "old")
    wechat.on(API_AUTHORIZER_TOKEN, refusal(errcode))

    assert tokens.authorizer_token(APPID, deadline) == "old"


def test_refresh_that_is_not_answered_is_an_error_when_there_is_no_token(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, hang_up)

    with pytest.raises(Unanswered) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert caught.value.endpoint == API_AUTHORIZER_TOKEN


@pytest.mark.parametrize("reply", [hang_up, refusal(-1)], ids=["unanswered", "refused"])
def test_failed_refresh_lets_the_next_caller_try(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline, redis_client: redis.Redis, reply: Reply
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, reply, grant("new"))
    with pytest.raises((Unanswered, Refused)):
        tokens.authorizer_token(APPID, deadline)

    assert not redis_client.exists(LOCK_KEY)
    assert tokens.authorizer_token(APPID, deadline) == "new"


def test_deadline_that_is_over_before_there_is_a_token_is_unanswered(tokens: Tokens) -> None:
    with pytest.raises(Unanswered, match=f"token of {APPID}: the deadline passed"):
        tokens.authorizer_token(APPID, Deadline(0))


def test_new_refresh_token_replaces_the_old_one(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, grant("new", "refresh-2"))

    tokens.authorizer_token(APPID, deadline)

    assert store.refresh_token(APPID) == "refresh-2"


@pytest.mark.parametrize("came_back", ["", None, 7, []], ids=repr)
def test_empty_refresh_token_replaces_nothing(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline, came_back: object
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, grant("new", came_back))

    tokens.authorizer_token(APPID, deadline)

    assert store.refresh_token(APPID) == REFRESH_TOKEN


def test_refresh_that_was_on_its_way_does_not_undo_a_new_authorisation(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    def authorised_meanwhile(_: Request) -> Fields:
        store.put_refresh_tokens({APPID: "of-the-new-authorisation"})
        return grant("of-the-old-one", "refresh-2")

    wechat.on(API_AUTHORIZER_TOKEN, authorised_meanwhile, grant("new"))

    tokens.authorizer_token(APPID, deadline)

    assert store.refresh_token(APPID) == "of-the-new-authorisation"


def test_refresh_that_was_on_its_way_does_not_store_the_token_of_an_old_authorisation(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    def authorised_meanwhile(_: Request) -> Fields:
        store.put_refresh_tokens({APPID: "of-the-new-authorisation"})
        return grant("of-the-old-one")

    wechat.on(API_AUTHORIZER_TOKEN, authorised_meanwhile, grant("new"))

    tokens.authorizer_token(APPID, deadline)

    assert value(store) != "of-the-old-one"


@pytest.mark.parametrize("expires_in", [float("inf"), 10**400, 10**30], ids=["inf", "no double", "no PX"])
def test_lifetime_beyond_all_bounds_does_not_break_the_refresh(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline, expires_in: float
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, {"authorizer_access_token": "new", "expires_in": expires_in})

    assert tokens.authorizer_token(APPID, deadline) == "new"


@pytest.mark.parametrize("errcode", [-1, 40013, 45009, 61003, 61004])
def test_other_refusal_of_a_refresh_is_not_repeated(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline, errcode: int
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(errcode))

    with pytest.raises(Refused) as caught:
        tokens.authorizer_token(APPID, deadline)

    assert caught.value.errcode == errcode
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1


def test_rejected_token_is_fetched_anew(tokens: Tokens, store: TokenStore, deadline: Deadline) -> None:
    put(store, APPID, "rejected")

    tokens.reject(APPID, "rejected")

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"


def test_without_a_refresh_token_there_is_no_access_token(
    tokens: Tokens, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    with pytest.raises(NotAuthorized) as caught:
        tokens.authorizer_token("wxstranger", deadline)

    assert caught.value.appid == "wxstranger"
    assert wechat.server.requests == []


def test_log_of_a_refresh_shows_no_token(
    tokens: Tokens, deadline: Deadline, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    tokens.authorizer_token(APPID, deadline)

    assert f"token of {APPID} refreshed, good for 7200 s" in caplog.text
    for secret in ("merchant-1", "component-1", TICKET, REFRESH_TOKEN):
        assert secret not in caplog.text
