"""Where tokens live: in Redis, shared by all workers, sealed. Nothing else of ours ever holds one.

Keys: `wechat:ticket`, `wechat:refresh-token:APPID`, `pushed:ticket-created` and `pushed:ticket-new` (see `put_ticket`), and for each access token `wechat:token:SLOT`
with its refresh lock `wechat:token-lock:SLOT`; SLOT is `component` or the Mini Program's appid.
A token's lifetime is its key's: Redis' clock decides, not a worker's. All values but the locks' are
sealed. The platform's own secret is not here: it is a setting, and Redis never sees it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import redis
from redis.client import Pipeline
from redis.commands.core import Script

from db.database import Database
from wechat.errors import Unreadable
from wechat.tokens.sealing import Seal

#: Lifetime of a component_verify_ticket, in seconds (12 h).
TICKET_LIFETIME_S = 12 * 3600
TICKET_KEY = "wechat:ticket"
#: A ticket that is older has missed two of WeChat's pushes, which come every ten minutes; one hour before it ends. In seconds.
OLD_TICKET_S, ENDING_TICKET_S = 30 * 60, 11 * 3600
#: When the ticket was made, in seconds; and there while a worker has not yet heard of one that was pushed.
TICKET_CREATED_KEY, TICKET_NEW_KEY = "pushed:ticket-created", "pushed:ticket-new"
#: What the keys of secrets begin with, and those whose value is no secret.
PREFIX, LOCK_PREFIX = "wechat:", "wechat:token-lock:"
REFRESH_TOKEN_PREFIX = f"{PREFIX}refresh-token:"
#: A token that was lent is replaced at a borrower's word once in so many seconds, for each slot.
REPAIR_EVERY_S = 60
#: Where it is noted that the owner of borrowed tokens is away, and for how many seconds.
OWNER_AWAY_KEY, OWNER_AWAY_S = f"{LOCK_PREFIX}owner-away", 5
#: How often a change is tried again when the value was sealed anew at the same moment.
_TRIES = 50


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

    Takes a client that decodes responses, and how many replicas have to confirm a token that is handed in. Raises
    Unreadable for a ticket or refresh token that was sealed with a key that is not at hand.
    """

    def __init__(self, db: Database, seal: Seal) -> None:
        self._redis = db.redis
        self._seal = seal
        self._db = db
        self._put_refresh_token = db.script("wechat.tokens", "put_refresh_token")
        self._put_ticket = db.script("wechat.tokens", "put_ticket")
        self._put_token = db.script("wechat.tokens", "put_token")
        self._swap_if_equal = db.script("db", "swap_if_equal")
        self._drop_if_equal = db.script("db", "drop_if_equal")

    def put_ticket(self, ticket: str) -> None:
        """Keep a component_verify_ticket that a person hands in, as one that is made now."""
        self._ticket_script(ticket, created_at=None, is_new=False, client=None)

    def put_pushed_ticket(self, ticket: str, created_at: int, client: Pipeline) -> None:
        """Put into the pipeline: keep a ticket that WeChat pushed, unless the one that is kept was made later or then.

        One that is another than before leaves a mark at `TICKET_NEW_KEY`, of which a worker lets a pause end.
        """
        try:
            is_new = self.ticket() != ticket
        except Unreadable:
            is_new = True
        self._ticket_script(ticket, created_at=created_at, is_new=is_new, client=client)

    def _ticket_script(
        self, ticket: str, *, created_at: int | None, is_new: bool, client: Pipeline | None
    ) -> None:
        keys = [TICKET_KEY, TICKET_CREATED_KEY, TICKET_NEW_KEY]
        created = "" if created_at is None else str(created_at)
        args: list[str | int] = [self._seal.encrypt(ticket), TICKET_LIFETIME_S, created, int(is_new)]
        self._put_ticket(keys=keys, args=args, client=client)

    def has_ticket(self) -> bool:
        """Whether there is a component_verify_ticket that is not older than 12 h, readable or not."""
        return bool(self._redis.exists(TICKET_KEY))

    def ticket_age_s(self) -> float | None:
        """Seconds since the ticket was stored, by Redis' clock; None where there is none."""
        left_ms = self._redis.pttl(TICKET_KEY)
        return None if left_ms <= 0 else TICKET_LIFETIME_S - left_ms / 1000

    def ticket(self) -> str | None:
        """The newest component_verify_ticket, unless it is older than 12 h."""
        return self._read(TICKET_KEY)

    def put_refresh_tokens(self, refresh_tokens: Mapping[str, str]) -> None:
        """Keep the refresh token of each appid, and forget the access tokens made from older ones.

        Raises NotReplicated: nobody else has a refresh token that is lost.
        """

        def fill(pipe: Pipeline) -> None:
            for appid, refresh_token in refresh_tokens.items():
                keys = [_refresh_token_key(appid), token_key(appid), LOCK_PREFIX + appid]
                self._put_refresh_token(keys=keys, args=[self._seal.encrypt(refresh_token)], client=pipe)

        self._db.write(fill)

    def replace_refresh_token(self, appid: str, old: str, new: str) -> None:
        """Overwrite the refresh token that was used, unless it has been replaced already.

        Not confirmed by a replica: where the swap is lost, WeChat is asked for the token (see `Tokens`).
        """
        key = _refresh_token_key(appid)
        self._if_still(
            key,
            lambda raw: self._opened(key, raw, appid) == old,
            self._swap_if_equal,
            self._seal.encrypt(new),
        )

    def forget_refresh_token(self, appid: str, refresh_token: str) -> None:
        """Forget a refresh token whose authorization has ended, unless it has been replaced meanwhile, and its access token."""
        key = _refresh_token_key(appid)
        self._if_still(key, lambda raw: self._opened(key, raw, appid) == refresh_token, self._drop_if_equal)
        if not self._redis.exists(key):
            self._redis.delete(token_key(appid))

    def refresh_token(self, appid: str) -> str | None:
        """The Mini Program's refresh token."""
        return self._read(_refresh_token_key(appid), appid)

    def has_refresh_token(self, appid: str) -> bool:
        """Whether there is one, readable or not."""
        return bool(self._redis.exists(_refresh_token_key(appid)))

    def token(self, slot: str) -> StoredToken | None:
        """The slot's access token, if it still lives."""
        key = token_key(slot)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(key)
            pipe.pttl(key)
            return self._token(*pipe.execute())

    def _token(self, raw: str | None, left_ms: int) -> StoredToken | None:
        if raw is None or left_ms <= 0:
            return None
        fields = self._token_fields(raw)
        # One that can't be opened counts as none: who can open the ticket or the refresh token gets another.
        if fields is None or fields.get("rejected"):
            return None
        return StoredToken(fields["token"], left_ms, fields["refresh_below_ms"])

    def put_token(
        self, slot: str, owner: str, token: str, *, expires_in_s: float, refresh_ahead_s: float
    ) -> bool:
        """Store a token that the owner of the slot's refresh got, which ends the refresh; False if the lock was lost."""
        document = json.dumps({"token": token, "refresh_below_ms": int(refresh_ahead_s * 1000)})
        keys = [token_key(slot), LOCK_PREFIX + slot]
        lifetime_ms = max(1, int(expires_in_s * 1000))
        return bool(self._put_token(keys=keys, args=[owner, self._seal.encrypt(document), lifetime_ms]))

    def reject_token(self, slot: str, token: str) -> None:
        """Hand a token out no more that WeChat rejected, unless it has been replaced already."""
        self._if_still(
            token_key(slot),
            lambda raw: (self._token_fields(raw) or {}).get("token") == token,
            self._swap_if_equal,
            self._seal.encrypt(json.dumps({"token": token, "refresh_below_ms": 0, "rejected": True})),
        )

    def rejected_token(self, slot: str) -> str | None:
        """The slot's token, if WeChat has rejected it and no other has taken its place."""
        raw = cast("str | None", self._redis.get(token_key(slot)))
        fields = None if raw is None else self._token_fields(raw)
        return fields["token"] if fields and fields.get("rejected") else None

    def may_repair(self, slot: str) -> bool:
        """Whether somebody to whom the slot's token was lent may have it replaced: once in a minute."""
        return bool(self._redis.set(f"{LOCK_PREFIX}lent:{slot}", 1, nx=True, ex=REPAIR_EVERY_S))

    def note_owner_away(self, problem: str) -> None:
        """For some seconds nobody asks the owner of the tokens: it gave one of us none."""
        self._redis.set(OWNER_AWAY_KEY, problem, ex=OWNER_AWAY_S)

    def owner_away(self) -> str | None:
        """Why the owner of the tokens gave none, some seconds ago."""
        return cast("str | None", self._redis.get(OWNER_AWAY_KEY))

    def begin_refresh(self, slot: str, lifetime_s: float) -> tuple[str | None, StoredToken | None]:
        """Become the one who refreshes the slot; returns the owner's name or None if someone else is.

        And the slot's token, which another caller may have stored before the refresh began.
        """
        owner, key = secrets.token_hex(8), token_key(slot)
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(LOCK_PREFIX + slot, owner, nx=True, px=int(lifetime_s * 1000))
            pipe.get(key)
            pipe.pttl(key)
            is_ours, raw, left_ms = pipe.execute()
        return owner if is_ours else None, self._token(raw, left_ms)

    def end_refresh(self, slot: str, owner: str) -> None:
        """Let the next one refresh; harmless when the lock is gone or another's."""
        self._drop_if_equal(keys=[LOCK_PREFIX + slot], args=[owner])

    def _read(self, key: str, appid: str | None = None) -> str | None:
        raw = cast("str | None", self._redis.get(key))
        return None if raw is None else self._opened(key, raw, appid)

    def _opened(self, key: str, raw: str, appid: str | None) -> str:
        text = self._seal.decrypt(raw)
        if text is None:
            raise Unreadable(key, appid)
        return text

    def _token_fields(self, raw: str) -> dict[str, Any] | None:
        document = self._seal.decrypt(raw)
        return None if document is None else cast("dict[str, Any]", json.loads(document))

    def _if_still(self, key: str, is_meant: Callable[[str], bool], change: Script, *args: str) -> None:
        """Change a value that still is the one meant.

        Scripts compare what is stored, and that changes with each sealing though the secret stays the same: a
        change that was overtaken by a new sealing looks again.
        """
        for _ in range(_TRIES):
            raw = cast("str | None", self._redis.get(key))
            if raw is None or not is_meant(raw) or change(keys=[key], args=[raw, *args]):
                return
        raise redis.WatchError(f"{key} changed {_TRIES} times while it was to be changed")


def _refresh_token_key(appid: str) -> str:
    return f"{REFRESH_TOKEN_PREFIX}{appid}"


def token_key(slot: str) -> str:
    """The key of the slot's access token."""
    return f"{PREFIX}token:{slot}"
