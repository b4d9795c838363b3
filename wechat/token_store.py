"""Where tokens live: in Redis, shared by all workers. Nothing else of ours ever holds one.

Keys: `wechat:ticket`, `wechat:refresh-token:APPID`, and for each access token `wechat:token:SLOT`
with its refresh lock `wechat:token-lock:SLOT`; SLOT is `component` or the Mini Program's appid.
A token's lifetime is its key's: Redis' clock decides, not a worker's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import redis

from wechat.scripts import load_script

COMPONENT = "component"
#: Lifetime of a component_verify_ticket, in seconds (12 h).
TICKET_LIFETIME_S = 12 * 3600


@dataclass(frozen=True, slots=True)
class StoredToken:
    """An access token, how long it still lives, and from which rest on it should be refreshed (ms)."""

    value: str = field(repr=False)
    left_ms: int
    refresh_below_ms: int

    @property
    def is_due(self) -> bool:
        """Whether it should be refreshed already, though it still works."""
        return self.left_ms <= self.refresh_below_ms


class TokenStore:
    """Tickets, refresh tokens, access tokens and the locks of their refreshes.

    Takes a client that decodes responses.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._put_token = load_script(client, "wechat", "put_token")
        self._swap_if_equal = load_script(client, "wechat", "swap_if_equal")
        self._drop_if_equal = load_script(client, "wechat", "drop_if_equal")

    def put_ticket(self, ticket: str) -> None:
        """Keep the newest component_verify_ticket."""
        self._redis.set("wechat:ticket", ticket, ex=TICKET_LIFETIME_S)

    def ticket(self) -> str | None:
        """The newest component_verify_ticket, unless it is older than 12 h."""
        return cast("str | None", self._redis.get("wechat:ticket"))

    def put_refresh_tokens(self, refresh_tokens: Mapping[str, str]) -> None:
        """Keep the refresh token of each appid, and forget the access tokens made from older ones."""
        with self._redis.pipeline() as pipe:
            for appid, refresh_token in refresh_tokens.items():
                pipe.set(f"wechat:refresh-token:{appid}", refresh_token)
                # The lock too: a refresh with the old one that is on its way must not be stored.
                pipe.delete(f"wechat:token:{appid}", f"wechat:token-lock:{appid}")
            pipe.execute()

    def replace_refresh_token(self, appid: str, old: str, new: str) -> None:
        """Overwrite the refresh token that was used, unless it has been replaced already."""
        self._swap_if_equal(keys=[f"wechat:refresh-token:{appid}"], args=[old, new])

    def refresh_token(self, appid: str) -> str | None:
        """The Mini Program's refresh token."""
        return cast("str | None", self._redis.get(f"wechat:refresh-token:{appid}"))

    def token(self, slot: str) -> StoredToken | None:
        """The slot's access token, if it still lives."""
        key = f"wechat:token:{slot}"
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(key)
            pipe.pttl(key)
            raw, left_ms = pipe.execute()
        if raw is None or left_ms <= 0:
            return None
        fields = json.loads(raw)
        return StoredToken(fields["token"], left_ms, fields["refresh_below_ms"])

    def put_token(
        self, slot: str, owner: str, token: str, *, expires_in_s: float, refresh_ahead_s: float
    ) -> bool:
        """Store a token that the owner of the slot's refresh got; False if the lock was lost."""
        document = json.dumps({"token": token, "refresh_below_ms": int(refresh_ahead_s * 1000)})
        keys = [f"wechat:token:{slot}", f"wechat:token-lock:{slot}"]
        return bool(self._put_token(keys=keys, args=[owner, document, max(1, int(expires_in_s * 1000))]))

    def forget_token(self, slot: str, token: str) -> None:
        """Forget a token that WeChat rejected, unless it has been replaced already."""
        key = f"wechat:token:{slot}"
        raw = self._redis.get(key)
        if raw is not None and json.loads(raw)["token"] == token:
            self._drop_if_equal(keys=[key], args=[raw])

    def begin_refresh(self, slot: str, lifetime_s: float) -> str | None:
        """Become the one who refreshes the slot; returns the owner's name or None if someone else is."""
        owner = secrets.token_hex(8)
        key = f"wechat:token-lock:{slot}"
        return owner if self._redis.set(key, owner, nx=True, px=int(lifetime_s * 1000)) else None

    def end_refresh(self, slot: str, owner: str) -> None:
        """Let the next one refresh; harmless when the lock is gone or another's."""
        self._drop_if_equal(keys=[f"wechat:token-lock:{slot}"], args=[owner])
