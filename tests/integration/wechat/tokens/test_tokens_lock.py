from __future__ import annotations

from typing import Any

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    APPID,
)
from tests.integration.wechat.server import Fields, Request, ScriptedWeChat
from tests.integration.wechat.tokens.token_helpers import LOCK_KEY, grant, put, value
from wechat.component import ComponentApi
from wechat.errors import Unanswered
from wechat.http.deadline import Deadline
from wechat.tokens.own import OwnTokens
from wechat.tokens.sealing import Seal
from wechat.tokens.single_flight import Tokens
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import StoredToken, TokenStore


def test_refresher_that_lost_its_lock_uses_the_newer_token(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, redis_client: redis.Redis, deadline: Deadline
) -> None:
    # Given a refresh so slow that its lock expires and another one is done before it
    def overtaken(_: Request) -> Fields:
        redis_client.delete(LOCK_KEY)
        put(store, APPID, "newer")
        return grant("older")

    wechat.on(API_AUTHORIZER_TOKEN, overtaken)

    assert tokens.authorizer_token(APPID, deadline) == "newer"
    assert value(store) == "newer"


def test_refresher_that_lost_its_lock_leaves_it_to_its_owner(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat, redis_client: redis.Redis, deadline: Deadline
) -> None:
    def overtaken(_: Request) -> Fields:
        redis_client.set(LOCK_KEY, "another")
        return grant("older")

    wechat.on(API_AUTHORIZER_TOKEN, overtaken)

    assert tokens.authorizer_token(APPID, deadline) == "older"
    assert redis_client.get(LOCK_KEY) == "another"
    assert value(store) is None


def test_lock_of_a_refresh_outlives_its_deadline_by_little(
    tokens: Tokens, wechat: ScriptedWeChat, redis_client: redis.Redis, deadline: Deadline
) -> None:
    seen: list[int] = []

    def look(_: Request) -> Fields:
        seen.append(int(str(redis_client.pttl(LOCK_KEY))))
        return grant("new")

    wechat.on(API_AUTHORIZER_TOKEN, look)

    tokens.authorizer_token(APPID, deadline)

    assert 20_000 < seen[0] <= 25_000


def test_lock_of_a_dead_refresher_expires(tokens: Tokens, store: TokenStore, deadline: Deadline) -> None:
    store.begin_refresh(APPID, 0.1)

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"


def test_waiting_for_another_refresher_ends_by_the_deadline(
    component: ComponentApi, store: TokenStore, wechat: ScriptedWeChat
) -> None:
    # Given a lock that stays, and a clock that only the waiting moves
    store.begin_refresh(APPID, 60)
    moment = [0.0]

    def sleep(seconds: float) -> None:
        assert 0 < seconds < 1
        moment[0] += seconds

    waiting = Tokens(source=OwnTokens(component, store), store=store, sleep=sleep)

    with pytest.raises(Unanswered, match="the deadline passed"):
        waiting.authorizer_token(APPID, Deadline(5, lambda: moment[0]))

    assert moment[0] == pytest.approx(5)
    assert wechat.server.requests == []


def test_waiting_caller_takes_the_token_as_soon_as_it_is_there(
    component: ComponentApi, store: TokenStore, wechat: ScriptedWeChat, deadline: Deadline
) -> None:
    owner, _ = store.begin_refresh(APPID, 60)
    assert owner is not None

    def other_is_done(_: float) -> None:
        store.put_token(APPID, owner, "of-another", expires_in_s=7200, refresh_ahead_s=600)

    waiting = Tokens(source=OwnTokens(component, store), store=store, sleep=other_is_done)

    assert waiting.authorizer_token(APPID, deadline) == "of-another"
    assert wechat.server.requests == []


class Overtaken(TokenStore):
    """Another caller stores a token between this one's look and its lock."""

    def begin_refresh(self, slot: str, lifetime_s: float) -> tuple[str | None, StoredToken | None]:
        put(TokenStore(Database(self._redis), self._seal), slot, "of-another")
        return super().begin_refresh(slot, lifetime_s)


def test_token_that_came_between_look_and_lock_is_used(
    component: ComponentApi,
    store: TokenStore,
    wechat: ScriptedWeChat,
    redis_client: redis.Redis,
    deadline: Deadline,
) -> None:
    overtaken = Tokens(
        source=OwnTokens(component, store),
        store=Overtaken(Database(redis_client), Seal()),
        sleep=lambda _: None,
    )

    assert overtaken.authorizer_token(APPID, deadline) == "of-another"

    assert wechat.server.requests == []
    assert not redis_client.exists(LOCK_KEY)


def test_storing_the_new_token_ends_its_refresh_at_no_further_command(
    tokens: Tokens, store: TokenStore, redis_client: redis.Redis, deadline: Deadline
) -> None:
    put(store, COMPONENT, "component-0")
    redis_client.config_resetstat()

    assert tokens.authorizer_token(APPID, deadline) == "merchant-1"

    stats: Any = redis_client.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == 1
    assert not redis_client.exists(LOCK_KEY)
