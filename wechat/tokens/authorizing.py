"""What authorizations bring and take: codes become tokens, and tokens whose authorization has ended are forgotten.

For the owner of the tokens alone: whoever borrows them has no refresh token.
"""

from __future__ import annotations

from dataclasses import dataclass

from wechat.component import ComponentApi
from wechat.errors import Refused
from wechat.http.deadline import Deadline
from wechat.tokens.own import OwnTokens
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore

#: The Mini Program has withdrawn its authorization.
_NOT_AUTHORIZED = 61003


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizing:
    """Asks WeChat about authorizations. Safe to use from many threads and processes."""

    api: ComponentApi
    own: OwnTokens
    tokens: Tokens
    store: TokenStore

    def exchange_code(self, code: str, deadline: Deadline) -> str:
        """Exchange an authorization code and store the tokens that come for it; returns whose they are."""
        authorization = self.tokens.with_component_token(
            lambda token: self.api.query_auth(token, code, deadline), deadline
        )
        self.store.put_refresh_tokens({authorization.appid: authorization.grant.refresh_token})
        self.tokens.keep(authorization.appid, authorization.grant)
        return authorization.appid

    def look_up_authorization(self, appid: str, deadline: Deadline) -> bool:
        """Whether there is a refresh token of the Mini Program; where there is none, WeChat's list is asked."""
        if self.store.refresh_token(appid) is not None:
            return True
        found = self.own.listed_refresh_token(appid, deadline, self.tokens.with_component_token)
        if found:
            self.store.put_refresh_tokens({appid: found})
        return bool(found)

    def confirm_authorization(self, appid: str, deadline: Deadline) -> bool | None:
        """Whether the Mini Program still is authorized: its token is refreshed now. If not, its tokens are forgotten.

        None where there is no refresh token.
        """
        refresh_token = self.store.refresh_token(appid)
        if refresh_token is None:
            return None
        try:
            self.tokens.refresh(appid, deadline)
        except Refused as refused:
            if refused.errcode != _NOT_AUTHORIZED:
                raise
            self.store.forget_refresh_token(appid, refresh_token)
            return False
        return True
