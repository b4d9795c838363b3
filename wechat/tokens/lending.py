"""We own the platform's tokens, and lend them to its other systems: a component has one owner of its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from wechat.errors import WeChatError
from wechat.http.deadline import Deadline
from wechat.tokens.single_flight import Tokens
from wechat.tokens.source import digest
from wechat.tokens.store import TokenStore

#: A borrower is answered within so many seconds: it waits for twenty.
LENT_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Loan:
    """An access token, and for how many seconds it is good."""

    access_token: str = field(repr=False)
    expires_in: int


class LendsNone(WeChatError):
    """This process can't lend: it is not the owner, or lacks what the owner has."""

    def __str__(self) -> str:
        return str(self.args[0])


class Lender:
    """Lends access tokens. Safe to use from many threads and processes; `why_not` where this one can't."""

    def __init__(self, tokens: Tokens, store: TokenStore, *, why_not: str = "") -> None:
        self._tokens = tokens
        self._store = store
        self._why_not = why_not

    def lend(self, slot: str, rejected: str | None = None) -> Loan:
        """The token of a Mini Program or the component's; raises WeChatError or DeadlineExceeded.

        `rejected` is the digest of one that WeChat rejected: if that is the current one, it is replaced, once in a minute.
        """
        if self._why_not:
            raise LendsNone(self._why_not)
        if rejected is not None:
            self._replace(slot, rejected)
        token = self._tokens.token_of(slot, Deadline(LENT_WITHIN_S))
        return Loan(token.value, max(1, token.left_ms // 1000))

    def _replace(self, slot: str, rejected: str) -> None:
        stored = self._store.token(slot)
        if stored is not None and digest(stored.value) == rejected and self._store.may_repair(slot):
            self._tokens.reject(slot, stored.value)
