"""The WeChat API for third-party platforms: client, domains, verdicts, tokens. A plain library; this is its face.

WeChat          one WeChat, as one platform sees it; gives MiniProgram, the calls for one of them
Credentials     the platform's appid and secret
Domains         server domains and business domains, comparable
Deadline        when a call has to be over
verdict_of      what an errcode means for a release
plain_reason    an audit's reason, which is HTML, as plain text
WeChatError     the root of what can go wrong, see `wechat.errors`
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FACE = {
    "api": ("WeChat",),
    "component": ("Credentials",),
    "domains": ("Domains", "InvalidDomain"),
    "errcodes.table": ("verdict_of",),
    "errors": (
        *(
            "WeChatError",
            "AuthorizationPending",
            "NotAuthorized",
            "NotLent",
            "OwnerAway",
            "RateLimited",
            "Refused",
            "TicketMissing",
        ),
        *("Unanswered", "Unreadable"),
    ),
    "http.deadline": ("Deadline", "DeadlineExceeded"),
    "mini_program": ("MiniProgram",),
    "reasons": ("plain_reason",),
}
_MODULES = {name: module for module, names in _FACE.items() for name in names}
__all__ = [*_MODULES]  # noqa: PLE0604 - all of them are texts


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for: a command that only reads the table of errcodes needs no HTTP."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
