"""Access tokens: issued, replaced, expired and checked."""

import math
import re
from dataclasses import dataclass

from simulator.api.errors import WeChatError
from simulator.world.clock import Clock
from simulator.world.secret_book import SecretBook

COMPONENT = "component"
AUTHORIZER = "authorizer"

_WELL_FORMED = re.compile(r"\d+_[\w-]{20,}\Z", re.ASCII)


@dataclass(slots=True)
class Token:
    """One access token: whose it is, until when it lives, and since when a newer one has taken its place."""

    kind: str
    appid: str
    expires_at: float
    void_at: float = math.inf


class TokenBook:
    """All access tokens ever issued."""

    def __init__(self, clock: Clock, secrets: SecretBook) -> None:
        self._clock = clock
        self._secrets = secrets
        self._tokens: dict[str, Token] = {}
        self._newest: dict[tuple[str, str], Token] = {}

    def issue(self, kind: str, appid: str, *, ttl_s: float, overlap_s: float) -> str:
        """Issue a token; the one before it stays valid for the overlap only."""
        now = self._clock.now()
        before = self._newest.get((kind, appid))
        if before is not None:
            before.void_at = min(before.void_at, now + overlap_s)
        value = self._secrets.invent(f"{len(self._tokens) + 1}_")
        self._tokens[value] = self._newest[kind, appid] = Token(kind, appid, now + ttl_s)
        return value

    def owner(self, value: str) -> str | None:
        """Tell whose token this is, dead or alive."""
        token = self._tokens.get(value)
        return token.appid if token else None

    def check(self, value: str, *, component_expired: int = 42001) -> Token:
        """Give the token if it is alive, else refuse as WeChat does."""
        token = self._tokens.get(value)
        now = self._clock.now()
        if token is not None and now < token.expires_at and now < token.void_at:
            return token
        raise WeChatError(_complaint(value, token, now, component_expired))

    def expire(self, *, appid: str | None, kind: str | None, void: bool) -> int:
        """End the tokens of one appid or one kind (42001, or 40001 when void); tells how many."""
        now = self._clock.now()
        hit = [
            token
            for token in self._tokens.values()
            if appid in (None, token.appid) and kind in (None, token.kind) and token.expires_at > now
        ]
        for token in hit:
            if void:
                token.void_at = now
            else:
                token.expires_at = now
        return len(hit)


def _complaint(value: str, token: Token | None, now: float, component_expired: int) -> int:
    if not value:
        return 41001
    if token is None:
        return 40001 if _WELL_FORMED.match(value) else 40014
    if now >= token.void_at:
        return 40001
    return component_expired if token.kind == COMPONENT else 42001
