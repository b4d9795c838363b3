"""WeChat pushes that a Mini Program was authorized: what becomes of its code while WeChat can't be asked."""

from __future__ import annotations

import time

import redis

from db.database import Database
from releases.background.pushed import Pushed
from releases.store.pauses import Pauses
from tests.integration.wechat.conftest import component, store, tokens, transport_to, wechat
from tests.integration.wechat.names import APPID
from tests.integration.wechat.server import ScriptedWeChat
from wechat.component import ComponentApi
from wechat.push.inbox import CODES, Inbox
from wechat.tokens.authorizing import Authorizing
from wechat.tokens.own import OwnTokens
from wechat.tokens.sealing import Seal
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore

#: The fixtures of its neighbour.
__all__ = ["component", "store", "tokens", "transport_to", "wechat"]

API_QUERY_AUTH = "/cgi-bin/component/api_query_auth"
BUSY = {"errcode": -1, "errmsg": "system error"}
GRANTED = {
    "authorization_info": {
        "authorizer_appid": APPID,
        "authorizer_access_token": "merchant-1",
        "expires_in": 7200,
        "authorizer_refresh_token": "refreshtoken@@@new",
    }
}


def test_a_code_that_wechat_can_not_exchange_now_waits_and_is_not_tried_at_each_look(
    redis_client: redis.Redis,
    wechat: ScriptedWeChat,
    component: ComponentApi,
    store: TokenStore,
    tokens: Tokens,
    pauses: Pauses,
) -> None:
    db, now = Database(redis_client), [1000.0]
    inbox = Inbox(db, Seal([]), store)
    own = OwnTokens(component, store)
    authorizing = Authorizing(api=component, own=own, tokens=tokens, store=store)
    pushed = Pushed(
        db, inbox=inbox, wechat=authorizing, pauses=pauses, now=time.time, monotonic=lambda: now[0]
    )
    wechat.on(API_QUERY_AUTH, BUSY, GRANTED)
    inbox.put_code("authorized", APPID, "a-code", expires_at=int(time.time()) + 600, now=time.time())

    pushed.look()
    now[0] += 9.9
    pushed.look()
    assert len(wechat.calls(API_QUERY_AUTH)) == 1
    assert redis_client.hlen(CODES) == 1

    now[0] += 0.1
    pushed.look()
    assert len(wechat.calls(API_QUERY_AUTH)) == 2
    assert redis_client.hlen(CODES) == 0
    assert store.refresh_token(APPID) == "refreshtoken@@@new"
