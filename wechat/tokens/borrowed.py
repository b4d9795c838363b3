"""Another system owns the platform's tokens, and lends them over HTTP.

It is asked with `GET URL`, in which `{appid}` is replaced (`component` for the platform's own token), and with
`Authorization: Bearer KEY`; it answers {"access_token", "expires_in"}. A token that WeChat rejected is asked for once more
with `?rejected=SHA256HEX`. That it has none for an appid it says with a 404 and JSON: a page under a 404 is some gateway's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from wechat.component import MAX_EXPIRES_IN_S, Grant, text_of_token
from wechat.errors import NotLent, OwnerAway, Unanswered
from wechat.http.clock import WeChatClock
from wechat.http.deadline import Deadline
from wechat.http.route import Route
from wechat.http.transport import Transport
from wechat.tokens.slots import COMPONENT
from wechat.tokens.source import WithComponentToken, digest
from wechat.tokens.store import TokenStore

#: What stands for the appid in the owner's URL.
APPID_IN_URL = "{appid}"
#: Longest token that is taken, in characters: WeChat advises to have room for 512.
MOST_CHARACTERS = 2048
_OK, _NOT_FOUND, _NOT_LET_IN = 200, 404, (401, 403)


@dataclass(frozen=True, slots=True)
class Owner:
    """Where the other system is, and the key that it let us have."""

    url: str
    key: str = field(repr=False)


class BorrowedTokens:
    """Asks the owner. After a failure nobody does for some seconds: what one found out holds for all workers."""

    def __init__(
        self, owner: Owner, store: TokenStore, *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        parts = urlsplit(owner.url)
        self._path = parts.path or "/"
        self._query = parse_qsl(parts.query, keep_blank_values=True)
        self._store = store
        self._transport = Transport(
            api_url=f"{parts.scheme}://{parts.netloc}",
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            clock=WeChatClock(),
            headers={"Authorization": f"Bearer {owner.key}"},
            named_by="MPRELEASE_TOKENS__URL",
            # What is not encrypted leaves this machine by no proxy.
            route=Route({}) if parts.scheme == "http" else None,
        )

    def component_token(self, deadline: Deadline) -> Grant:
        """The platform's own; raises NotLent where the owner keeps it for itself, OwnerAway, Unanswered."""
        return self._ask(COMPONENT, deadline)

    def authorizer_token(self, appid: str, deadline: Deadline, _: WithComponentToken) -> Grant:
        """A Mini Program's; raises NotLent where the owner does not know it, OwnerAway, Unanswered."""
        return self._ask(appid, deadline)

    def _ask(self, slot: str, deadline: Deadline) -> Grant:
        why = self._store.owner_away()
        if why is not None:
            raise OwnerAway(why)
        rejected = self._store.rejected_token(slot)
        try:
            grant = self._lent(slot, rejected, deadline)
        except OwnerAway as away:
            self._store.note_owner_away(away.problem)
            raise
        if grant.token == rejected:
            raise Unanswered("the owner of the tokens", "it lends the token that WeChat rejected once more")
        return grant

    def _lent(self, slot: str, rejected: str | None, deadline: Deadline) -> Grant:
        query = {name: value.replace(APPID_IN_URL, slot) for name, value in self._query}
        if rejected is not None:
            query["rejected"] = digest(rejected)
        path = self._path.replace(APPID_IN_URL, slot)
        try:
            reply = self._transport.fetch(path, deadline=deadline, query=query)
        except Unanswered as unanswered:
            raise OwnerAway(unanswered.problem, unanswered.retry_after_s) from None
        fields = _fields(reply.body)
        if reply.status == _NOT_FOUND and fields is not None:
            raise NotLent(slot)
        grant = _grant(fields) if reply.status == _OK and fields is not None else None
        if grant is None:
            raise OwnerAway(_problem(reply.status), reply.retry_after_s)
        return grant


def _fields(body: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _grant(fields: dict[str, Any]) -> Grant | None:
    token, seconds = text_of_token(fields.get("access_token")), fields.get("expires_in")
    if not token or " " in token or len(token) > MOST_CHARACTERS:
        return None
    # True is a number to Python.
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 < seconds <= MAX_EXPIRES_IN_S
    ):
        return None
    return Grant(token, seconds)


def _problem(status: int) -> str:
    if status == _OK:
        return "HTTP 200 without an access_token and its expires_in in seconds"
    if status in _NOT_LET_IN:
        return f"HTTP {status}: it does not take MPRELEASE_TOKENS__KEY"
    return f"HTTP {status}"
