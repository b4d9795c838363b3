"""Which token a call takes: refreshed early, by one caller at a time, repaired once when rejected.

Two refreshes at once would each void the other's token some minutes later, so there is one caller at a time per
slot across all workers; the others wait for what that one gets. Where it comes from is the source's business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from wechat.component import Grant
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import (
    RateLimited,
    Refused,
    TicketMissing,
    Unanswered,
    Unreadable,
    WeChatError,
)
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.tokens.slots import COMPONENT
from wechat.tokens.source import Source
from wechat.tokens.store import StoredToken, TokenStore

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A refresh may take so long in all, in seconds; the lock of a refresher that died lasts a little longer.
REFRESH_DEADLINE_S = 20.0
_LOCK_LIFETIME_S = REFRESH_DEADLINE_S + 5.0
#: A token is refreshed when it has so many seconds left: after 1 h 50 min of two hours, as recommended. One that came with
#: less than twice as much, as a lent one may, is asked for again after half of it.
REFRESH_AHEAD_S = 600.0
#: How often a caller that waits for another's refresh looks for its token, in seconds.
_POLL_S = 0.05


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Hands out access tokens. Safe to use from many threads and processes."""

    source: Source
    store: TokenStore
    sleep: Callable[[float], None] = time.sleep
    #: The newest refusal of the component token, and when it came.
    _refusal: tuple[float, Refused] | None = field(default=None, init=False)

    def token_of(self, slot: str, deadline: Deadline) -> StoredToken:
        """The token of a Mini Program, or the component's: the stored one, a new one, or that of whoever refreshes it now.

        Raises WeChatError.
        """
        began = time.monotonic()
        while True:
            self._share_refusal(slot, began)
            stored = self.store.token(slot)
            if stored is not None and not stored.is_due:
                return stored
            owner, stored = self.store.begin_refresh(slot, _LOCK_LIFETIME_S)
            if owner is not None:
                return self._refresh_as(owner, slot, stored, deadline)
            if stored is not None:
                return stored
            self._wait(slot, deadline)

    def authorizer_token(self, appid: str, deadline: Deadline) -> str:
        """The Mini Program's access token; raises NotAuthorized, TicketMissing, Unreadable, Refused, Unanswered."""
        return self.token_of(appid, deadline).value

    def reject(self, slot: str, token: str) -> None:
        """Hand a token out no more that WeChat rejected; one that has been replaced meanwhile stays."""
        self.store.reject_token(slot, token)

    def with_component_token(self, call: Callable[[str], T], deadline: Deadline) -> T:
        """Make a call with the component token; if that is rejected, once more with a fresh one."""
        token = self._component_token(deadline)
        try:
            return call(token)
        except Refused as refused:
            if verdict_of(refused.errcode).verdict is not Verdict.TOKEN:
                raise
        self.reject(COMPONENT, token)
        return call(self._component_token(deadline))

    def new_component_token(self, deadline: Deadline, *, keep: bool) -> str:
        """A component token that is fetched now, whatever is stored: so ticket, secret and whitelist are tried.

        `keep` it for all processes: a new token ends the one before it some minutes later. Without, it has to be another
        platform's than theirs.
        """
        if not keep:
            return self.source.component_token(deadline).token
        return self.refresh(COMPONENT, deadline).value

    def refresh(self, slot: str, deadline: Deadline) -> StoredToken:
        """A token that is fetched now, whatever is stored; raises what `token_of` may."""
        while (owner := self.store.begin_refresh(slot, _LOCK_LIFETIME_S)[0]) is None:
            self._wait(slot, deadline)
        return self._refresh_as(owner, slot, None, deadline)

    def keep(self, slot: str, grant: Grant) -> None:
        """Store a token that came by another way than a refresh, unless one is under way."""
        owner, _ = self.store.begin_refresh(slot, _LOCK_LIFETIME_S)
        if owner is not None:
            try:
                self._put(slot, owner, grant)
            finally:
                self.store.end_refresh(slot, owner)

    def _component_token(self, deadline: Deadline) -> str:
        return self.token_of(COMPONENT, deadline).value

    def _fetch(self, slot: str, deadline: Deadline) -> Grant:
        if slot == COMPONENT:
            return self.source.component_token(deadline)
        return self.source.authorizer_token(slot, deadline, self.with_component_token)

    def _share_refusal(self, slot: str, since: float) -> None:
        """Raise what this process' call for the component token was refused for meanwhile: nobody gets another answer.

        What passes in a moment is not shared: the next in the line may have more luck.
        """
        if slot != COMPONENT or self._refusal is None:
            return
        at, refused = self._refusal
        if at >= since and verdict_of(refused.errcode).verdict is not Verdict.RETRY:
            raise replace(refused)

    def _refresh_as(
        self, owner: str, slot: str, stored: StoredToken | None, deadline: Deadline
    ) -> StoredToken:
        """Refresh it, unless what is stored by now is good: another caller may have stored it between our look and our lock."""
        is_over = False
        try:
            if stored is not None and not stored.is_due:
                return stored
            try:
                grant = self._fetch(slot, deadline.within(REFRESH_DEADLINE_S))
            except (Unanswered, Refused, TicketMissing, Unreadable, RateLimited, DeadlineExceeded) as error:
                if stored is None or (isinstance(error, Refused) and not _passes(error)):
                    if slot == COMPONENT and isinstance(error, Refused):
                        self._refusal = time.monotonic(), error
                    raise _unanswered(slot, error) from None
                # Ahead of time a failed refresh harms nobody: the token at hand still works.
                log.warning("the token of %s could not be refreshed early; it is still good", slot)
                return stored
            ahead_s, stored_by_us = self._put(slot, owner, grant)
            is_over = True
            log.info("token of %s refreshed, good for %d s", slot, grant.expires_in_s)
            newer = None if stored_by_us else self.store.token(slot)
            return newer or StoredToken(grant.token, int(grant.expires_in_s * 1000), int(ahead_s * 1000))
        finally:
            if not is_over:
                self.store.end_refresh(slot, owner)

    def _put(self, slot: str, owner: str, grant: Grant) -> tuple[float, bool]:
        """Store it, which ends the refresh; returns how long before its end it is to be refreshed, and whether nobody else has stored one meanwhile."""
        ahead_s = min(REFRESH_AHEAD_S, grant.expires_in_s / 2)
        stored_by_us = self.store.put_token(
            slot, owner, grant.token, expires_in_s=grant.expires_in_s, refresh_ahead_s=ahead_s
        )
        return ahead_s, stored_by_us

    def _wait(self, slot: str, deadline: Deadline) -> None:
        try:
            self.sleep(min(_POLL_S, deadline.remaining()))
        except DeadlineExceeded as error:
            raise _unanswered(slot, error) from None


def _passes(refused: Refused) -> bool:
    return verdict_of(refused.errcode).verdict in {Verdict.RETRY, Verdict.SLOW_DOWN, Verdict.QUOTA}


def _unanswered(slot: str, error: WeChatError | DeadlineExceeded) -> WeChatError:
    if isinstance(error, WeChatError):
        return error
    return Unanswered(f"token of {slot}", "the deadline passed before there was one")
