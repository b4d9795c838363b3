"""What the tests of tokens share: how to store one, and how WeChat grants one."""

from __future__ import annotations

from tests.integration.wechat.names import API_AUTHORIZER_TOKEN, APPID, REFRESH_TOKEN
from tests.integration.wechat.server import Fields, ScriptedWeChat
from wechat.tokens.store import TokenStore

LOCK_KEY = f"wechat:token-lock:{APPID}"


def put(store: TokenStore, slot: str, token: str, *, refresh_ahead_s: float = 600) -> None:
    owner, _ = store.begin_refresh(slot, 5)
    assert owner is not None
    assert store.put_token(slot, owner, token, expires_in_s=7200, refresh_ahead_s=refresh_ahead_s)


def put_due(store: TokenStore, slot: str, token: str) -> None:
    """Store a token that still works and should be refreshed already."""
    put(store, slot, token, refresh_ahead_s=7200)


def value(store: TokenStore, slot: str = APPID) -> str | None:
    stored = store.token(slot)
    return None if stored is None else stored.value


def grant(token: str, refresh_token: object = REFRESH_TOKEN) -> Fields:
    return {
        "authorizer_access_token": token,
        "expires_in": 7200,
        "authorizer_refresh_token": refresh_token,
    }


def refresh_tokens_sent(wechat: ScriptedWeChat) -> list[str]:
    return [request.fields["authorizer_refresh_token"] for request in wechat.calls(API_AUTHORIZER_TOKEN)]
