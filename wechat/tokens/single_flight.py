"""Which token a call takes: refreshed early, by one caller at a time, repaired once when rejected.

The rules are those of the documents: a component token comes from the newest ticket, an authorizer
token from the Mini Program's refresh token, which is replaced by the one that comes back and never by
an empty one. Two refreshes at once would each void the other's token some minutes later, so there is
one caller at a time per slot across all workers; the others wait for what that one gets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from wechat.component import AUTHORIZERS_PER_PAGE, Authorization, ComponentApi, Grant, text_of_token
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import (
    NotAuthorized,
    RateLimited,
    Refused,
    TicketMissing,
    Unanswered,
    Unreadable,
    WeChatError,
)
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.tokens.store import COMPONENT, TokenStore

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A refresh may take so long in all, in seconds; the lock of a refresher that died lasts a little longer.
REFRESH_DEADLINE_S = 20.0
_LOCK_LIFETIME_S = REFRESH_DEADLINE_S + 5.0
#: A token is refreshed in the last twelfth of its life: after 1 h 50 min of two hours, as recommended.
REFRESH_AHEAD = 1 / 12
#: How often a caller that waits for another's refresh looks for its token, in seconds.
_POLL_S = 0.05
#: Pages of api_get_authorizer_list read at the most when a refresh token has to be recovered.
_MAX_PAGES = 40

_TICKET_REJECTED = frozenset({61005, 61006, 40091})
#: The Mini Program has withdrawn its authorization.
_NOT_AUTHORIZED = 61003
_REFRESH_TOKEN_REJECTED = frozenset({61023, 42002})


class Tokens:
    """Hands out access tokens. Safe to use from many threads and processes."""

    def __init__(
        self, *, api: ComponentApi, store: TokenStore, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = api
        self._store = store
        self._sleep = sleep
        #: The newest refusal of the component token, and when it came.
        self._refusal: tuple[float, Refused] | None = None

    def authorizer_token(self, appid: str, deadline: Deadline) -> str:
        """The Mini Program's access token; raises NotAuthorized, TicketMissing, Unreadable, Refused, Unanswered."""
        return self._token(appid, lambda inner: self._refresh_authorizer(appid, inner), deadline)

    def reject_authorizer_token(self, appid: str, token: str) -> None:
        """Forget a token that WeChat rejected; one that has been replaced meanwhile stays."""
        self._store.forget_token(appid, token)

    def with_component_token(self, call: Callable[[str], T], deadline: Deadline) -> T:
        """Make a call with the component token; if that is rejected, once more with a fresh one."""
        token = self._component_token(deadline)
        try:
            return call(token)
        except Refused as refused:
            if verdict_of(refused.errcode).verdict is not Verdict.TOKEN:
                raise
        self._store.forget_token(COMPONENT, token)
        return call(self._component_token(deadline))

    def new_component_token(self, deadline: Deadline, *, keep: bool) -> str:
        """A component token that is fetched now, whatever is stored: so ticket, secret and whitelist are tried.

        `keep` it for all processes: a new token ends the one before it some minutes later. Without, it has to be another
        platform's than theirs.
        """
        if not keep:
            return self._refresh_component(deadline).token
        while (owner := self._store.begin_refresh(COMPONENT, _LOCK_LIFETIME_S)) is None:
            self._wait(COMPONENT, deadline)
        return self._refresh_as(owner, COMPONENT, self._refresh_component, deadline, anew=True)

    def keep_authorization(self, authorization: Authorization) -> None:
        """Store the tokens that an authorization code was exchanged for; raises NotReplicated."""
        appid, grant = authorization.appid, authorization.grant
        self._store.put_refresh_tokens({appid: grant.refresh_token})
        owner = self._store.begin_refresh(appid, _LOCK_LIFETIME_S)
        if owner is not None:
            self._put(appid, owner, grant)

    def look_up_authorization(self, appid: str, deadline: Deadline) -> bool:
        """Ask WeChat for the refresh token of a Mini Program that has none here; False if it knows none either."""
        if self._store.refresh_token(appid) is not None:
            return True
        found = self._authorized_refresh_token(appid, deadline)
        if found:
            self._store.put_refresh_tokens({appid: found})
        return bool(found)

    def confirm_authorization(self, appid: str, deadline: Deadline) -> bool | None:
        """Whether the Mini Program still is authorized: its token is refreshed now. If not, its tokens are forgotten.

        None where there is no refresh token.
        """
        refresh_token = self._store.refresh_token(appid)
        if refresh_token is None:
            return None
        while (owner := self._store.begin_refresh(appid, _LOCK_LIFETIME_S)) is None:
            self._wait(appid, deadline)
        try:
            self._refresh_as(
                owner, appid, lambda inner: self._refresh_authorizer(appid, inner), deadline, anew=True
            )
        except Refused as refused:
            if refused.errcode != _NOT_AUTHORIZED:
                raise
            self._store.forget_refresh_token(appid, refresh_token)
            return False
        return True

    def _component_token(self, deadline: Deadline) -> str:
        return self._token(COMPONENT, self._refresh_component, deadline)

    def _token(self, slot: str, refresh: Callable[[Deadline], Grant], deadline: Deadline) -> str:
        """Single flight: use the stored token, or refresh it, or wait for the one who does."""
        began = time.monotonic()
        while True:
            self._share_refusal(slot, began)
            stored = self._store.token(slot)
            if stored is not None and not stored.is_due:
                return stored.value
            owner = self._store.begin_refresh(slot, _LOCK_LIFETIME_S)
            if owner is not None:
                return self._refresh_as(owner, slot, refresh, deadline)
            if stored is not None:
                return stored.value
            self._wait(slot, deadline)

    def _share_refusal(self, slot: str, since: float) -> None:
        """Raise what this process' call for the component token was refused for meanwhile: nobody gets another answer.

        What passes in a moment is not shared: the next in the line may have more luck.
        """
        if slot != COMPONENT or self._refusal is None:
            return
        at, refused = self._refusal
        if at >= since and verdict_of(refused.errcode).verdict is not Verdict.RETRY:
            raise Refused(refused.endpoint, refused.errcode, refused.errmsg, refused.rid, refused.fields)

    def _refresh_as(
        self,
        owner: str,
        slot: str,
        refresh: Callable[[Deadline], Grant],
        deadline: Deadline,
        *,
        anew: bool = False,
    ) -> str:
        try:
            # Another caller may have stored one between our look and our lock.
            stored = None if anew else self._store.token(slot)
            if stored is not None and not stored.is_due:
                return stored.value
            try:
                grant = refresh(deadline.within(REFRESH_DEADLINE_S))
            except (Unanswered, Refused, TicketMissing, Unreadable, RateLimited, DeadlineExceeded) as error:
                if stored is None or (isinstance(error, Refused) and not _passes(error)):
                    if slot == COMPONENT and isinstance(error, Refused):
                        self._refusal = time.monotonic(), error
                    raise _unanswered(slot, error) from None
                # Ahead of time a failed refresh harms nobody: the token at hand still works.
                log.warning("the token of %s could not be refreshed early; it is still good", slot)
                return stored.value
            stored_by_us = self._put(slot, owner, grant)
            log.info("token of %s refreshed, good for %d s", slot, grant.expires_in_s)
            newer = None if stored_by_us else self._store.token(slot)
            return grant.token if newer is None else newer.value
        finally:
            self._store.end_refresh(slot, owner)

    def _put(self, slot: str, owner: str, grant: Grant) -> bool:
        return self._store.put_token(
            slot,
            owner,
            grant.token,
            expires_in_s=grant.expires_in_s,
            refresh_ahead_s=grant.expires_in_s * REFRESH_AHEAD,
        )

    def _wait(self, slot: str, deadline: Deadline) -> None:
        try:
            self._sleep(min(_POLL_S, deadline.remaining()))
        except DeadlineExceeded as error:
            raise _unanswered(slot, error) from None

    def _refresh_component(self, deadline: Deadline) -> Grant:
        ticket = self._store.ticket()
        if ticket is None:
            raise TicketMissing
        try:
            return self._api.component_token(ticket, deadline)
        except Refused as refused:
            newest = self._store.ticket()
            if refused.errcode not in _TICKET_REJECTED or newest in (None, ticket):
                raise
        # A newer ticket came in while the older one was on its way.
        return self._api.component_token(str(newest), deadline)

    def _refresh_authorizer(self, appid: str, deadline: Deadline) -> Grant:
        refresh_token = self._store.refresh_token(appid)
        if refresh_token is None:
            raise NotAuthorized(appid)
        try:
            grant = self._trade(appid, refresh_token, deadline)
        except Refused as refused:
            if refused.errcode not in _REFRESH_TOKEN_REJECTED:
                raise
            recovered = self._recover(appid, refresh_token, deadline)
            if recovered is None:
                raise
            refresh_token = recovered
            grant = self._trade(appid, recovered, deadline)
        if grant.refresh_token and grant.refresh_token != refresh_token:
            self._store.replace_refresh_token(appid, refresh_token, grant.refresh_token)
        return grant

    def _trade(self, appid: str, refresh_token: str, deadline: Deadline) -> Grant:
        return self.with_component_token(
            lambda token: self._api.authorizer_token(token, appid, refresh_token, deadline), deadline
        )

    def _recover(self, appid: str, rejected: str, deadline: Deadline) -> str | None:
        """Look the Mini Program's refresh token up with WeChat, once; None if it knows no other."""
        try:
            found = self._authorized_refresh_token(appid, deadline)
        except (Refused, Unanswered, DeadlineExceeded):
            return None
        if not found or found == rejected:
            return None
        self._store.replace_refresh_token(appid, rejected, found)
        return found

    def _authorized_refresh_token(self, appid: str, deadline: Deadline) -> str | None:
        for number in range(_MAX_PAGES):
            fetch = partial(self._api.authorizers, offset=number * AUTHORIZERS_PER_PAGE, deadline=deadline)
            page = self.with_component_token(fetch, deadline)
            for row in page:
                if row.get("authorizer_appid") == appid:
                    return text_of_token(row.get("refresh_token"))
            if len(page) < AUTHORIZERS_PER_PAGE:
                break
        return None


def _passes(refused: Refused) -> bool:
    return verdict_of(refused.errcode).verdict in {Verdict.RETRY, Verdict.SLOW_DOWN, Verdict.QUOTA}


def _unanswered(slot: str, error: WeChatError | DeadlineExceeded) -> WeChatError:
    if isinstance(error, WeChatError):
        return error
    return Unanswered(f"token of {slot}", "the deadline passed before there was one")
