"""The WeChat API for third-party platforms: client, domains, verdicts, tokens. A plain library; this is its face.

WeChat          one WeChat, as one platform sees it; gives MiniProgram, the calls for one of them
Credentials     the platform's appid and secret
Domains         the six lists of server domains, comparable
Deadline        when a call has to be over
verdict_of      what an errcode means for a release
WeChatError     the root of what can go wrong, see `wechat.errors`
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wechat.api import WeChat
    from wechat.component import Credentials
    from wechat.domains import Domains, InvalidDomain
    from wechat.errcodes.table import verdict_of
    from wechat.errors import (
        NotAuthorized,
        NotLent,
        OwnerAway,
        RateLimited,
        Refused,
        TicketMissing,
        Unanswered,
        Unreadable,
        WeChatError,
    )
    from wechat.http.deadline import Deadline, DeadlineExceeded
    from wechat.mini_program import MiniProgram

__all__ = [
    "Credentials",
    "Deadline",
    "DeadlineExceeded",
    "Domains",
    "InvalidDomain",
    "MiniProgram",
    "NotAuthorized",
    "NotLent",
    "OwnerAway",
    "RateLimited",
    "Refused",
    "TicketMissing",
    "Unanswered",
    "Unreadable",
    "WeChat",
    "WeChatError",
    "verdict_of",
]

_MODULES = {
    "Credentials": "component",
    "Deadline": "http.deadline",
    "DeadlineExceeded": "http.deadline",
    "Domains": "domains",
    "InvalidDomain": "domains",
    "MiniProgram": "mini_program",
    "WeChat": "api",
    "verdict_of": "errcodes.table",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: a command that only reads the table of errcodes needs no HTTP."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
