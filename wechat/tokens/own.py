"""We own the platform's tokens: WeChat gives them for the newest ticket and the Mini Programs' refresh tokens.

The rules are those of the documents: a component token comes from the newest ticket, an authorizer token from the Mini
Program's refresh token, which is replaced by the one that comes back and never by an empty one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from wechat.component import AUTHORIZERS_PER_PAGE, ComponentApi, Grant, text_of_token
from wechat.errors import AuthorizationPending, NotAuthorized, Refused, TicketMissing, Unanswered
from wechat.http.deadline import Deadline, DeadlineExceeded
from wechat.tokens.source import WithComponentToken
from wechat.tokens.store import TokenStore

#: Pages of api_get_authorizer_list read at the most when a refresh token has to be recovered.
_MAX_PAGES = 40

_TICKET_REJECTED = frozenset({61005, 61006, 40091})
_REFRESH_TOKEN_REJECTED = frozenset({61023, 42002})


class OwnTokens:
    """Trades tickets and refresh tokens for access tokens."""

    def __init__(
        self,
        api: ComponentApi,
        store: TokenStore,
        *,
        is_pending: Callable[[str], bool] = lambda _appid: False,
    ) -> None:
        """`is_pending`: whether an authorization of this Mini Program was pushed whose code is still to be exchanged."""
        self._api = api
        self._store = store
        self._is_pending = is_pending

    def component_token(self, deadline: Deadline) -> Grant:
        """Trade the newest ticket; raises TicketMissing, Unreadable, Refused, Unanswered."""
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

    def authorizer_token(
        self, appid: str, deadline: Deadline, with_component_token: WithComponentToken
    ) -> Grant:
        """Trade the Mini Program's refresh token; raises NotAuthorized, AuthorizationPending, and what the component token's may."""
        refresh_token = self._store.refresh_token(appid)
        if refresh_token is None:
            if self._is_pending(appid):
                raise AuthorizationPending(appid)
            # It may have been exchanged between the two looks.
            refresh_token = self._store.refresh_token(appid)
        if refresh_token is None:
            raise NotAuthorized(appid)

        def trade(this: str) -> Grant:
            return with_component_token(
                lambda token: self._api.authorizer_token(token, appid, this, deadline), deadline
            )

        try:
            grant = trade(refresh_token)
        except Refused as refused:
            if refused.errcode not in _REFRESH_TOKEN_REJECTED:
                raise
            recovered = self._recover(appid, refresh_token, deadline, with_component_token)
            if recovered is None:
                raise
            refresh_token = recovered
            grant = trade(recovered)
        if grant.refresh_token and grant.refresh_token != refresh_token:
            self._store.replace_refresh_token(appid, refresh_token, grant.refresh_token)
        return grant

    def listed_refresh_token(
        self, appid: str, deadline: Deadline, with_component_token: WithComponentToken
    ) -> str | None:
        """The Mini Program's refresh token as WeChat lists it; None, or an empty text, where it lists none."""
        for number in range(_MAX_PAGES):
            fetch = partial(self._api.authorizers, offset=number * AUTHORIZERS_PER_PAGE, deadline=deadline)
            page = with_component_token(fetch, deadline)
            for row in page:
                if row.get("authorizer_appid") == appid:
                    return text_of_token(row.get("refresh_token"))
            if len(page) < AUTHORIZERS_PER_PAGE:
                break
        return None

    def _recover(
        self, appid: str, rejected: str, deadline: Deadline, with_component_token: WithComponentToken
    ) -> str | None:
        """Look the Mini Program's refresh token up with WeChat, once; None if it knows no other."""
        try:
            found = self.listed_refresh_token(appid, deadline, with_component_token)
        except (Refused, Unanswered, DeadlineExceeded):
            return None
        if not found or found == rejected:
            return None
        self._store.replace_refresh_token(appid, rejected, found)
        return found
