"""What follows from a push, stored for a worker. Each may be repeated: WeChat repeats pushes, and so may somebody else."""

from __future__ import annotations

import re

from releases.appid import is_appid
from wechat.push import kinds
from wechat.push.inbox import LOOKS, UNAUTHORIZED, Inbox
from wechat.push.reader import Push
from wechat.push.refusals import Malformed
from wechat.tokens.issued import TICKET, problem_of

_CODE = re.compile(r"[!-~]{1,512}")
_DIGITS = re.compile(r"[0-9]{1,12}")
#: Seconds for which an authorization code is good, at the most.
_CODE_LIFETIME_S = 600


def store(push: Push, inbox: Inbox, *, appid: str | None, now: float) -> None:
    """Store what follows; `appid` is that of the path. Raises Malformed, InboxFull, and what Redis raises.

    Unknown kinds, and Mini Programs that can't be ours, are counted and nothing else.
    """
    kind, fields = push.kind, push.fields
    if kind == kinds.TICKET:
        inbox.put_ticket(kind, _ticket(fields.get("ComponentVerifyTicket", "")), push.created_at)
    elif kind in kinds.AUTHORIZED:
        code = _matching(_CODE, fields.get("AuthorizationCode", ""))
        expires_at = _expiry(fields.get("AuthorizationCodeExpiredTime", ""), now)
        inbox.put_code(kind, _authorizer(fields), code, expires_at=expires_at, now=now)
    elif kind == kinds.UNAUTHORIZED:
        inbox.mark(kind, UNAUTHORIZED, _authorizer(fields), now)
    elif kind in kinds.LOOK and appid is not None and is_appid(appid):
        inbox.mark(kind, LOOKS, appid, now)
    else:
        inbox.count(kind)


def _ticket(text: str) -> str:
    if problem_of(text, TICKET) is not None:
        raise Malformed("fields")
    return text


def _authorizer(fields: dict[str, str]) -> str:
    appid = fields.get("AuthorizerAppid", "")
    if not is_appid(appid):
        raise Malformed("fields")
    return appid


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise Malformed("fields")
    return text


def _expiry(text: str, now: float) -> int:
    """When a code expires; whatever it says, it is tried for no longer than one is good."""
    latest = int(now) + _CODE_LIFETIME_S
    return min(int(text), latest) if _DIGITS.fullmatch(text) else latest
