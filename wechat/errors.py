"""Everything that can go wrong between us and WeChat, as one tree.

WeChatError
├── Unanswered        no usable answer came; the call may or may not have been applied
│   └── OwnerAway     no token came from the other system that owns the tokens
├── Refused           WeChat answered with an errcode other than 0
├── TicketMissing     no component_verify_ticket has been stored yet
├── NotAuthorized     no refresh token has been stored for this Mini Program
├── AuthorizationPending  nor yet: WeChat has pushed the authorization
├── NotLent           the other system that owns the tokens has none for this appid
├── RateLimited       a limit of our own kept the call from being sent
└── Unreadable        what is stored was sealed with a key that is not at hand

None of them ever holds a URL, a token or a live request: they end up in logs and in records.
"""

from __future__ import annotations

from dataclasses import dataclass


class WeChatError(Exception):
    """Base of all errors of this package."""


@dataclass(eq=False, repr=False)
class Unanswered(WeChatError):
    """No usable answer: timeout, cut connection, 5xx, HTML, empty or oversized body.

    Whether WeChat applied the call is unknown. Ask before repeating a write. `retry_after_s`: the server asked to
    be left alone for so many seconds (Retry-After).
    """

    endpoint: str
    problem: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.problem}"


class OwnerAway(Unanswered):
    """The other system that owns the tokens gave none: it is away, refuses our key, or its answer is none."""

    def __init__(self, problem: str, retry_after_s: float | None = None) -> None:
        super().__init__("the owner of the tokens", problem, retry_after_s)
        self.args = (problem, retry_after_s)


@dataclass(eq=False, repr=False)
class Refused(WeChatError):
    """WeChat answered with an errcode other than 0.

    `fields` is the rest of the answer: modify_domain names the rejected domains there. `retry_after_s` as above: a
    gateway before WeChat may pass its refusal on with the header.
    """

    endpoint: str
    errcode: int
    errmsg: str
    rid: str | None
    fields: dict[str, object]
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.endpoint}: errcode {self.errcode}: {self.errmsg}"


class TicketMissing(WeChatError):
    """No component_verify_ticket has been stored yet."""

    def __str__(self) -> str:
        return "no component_verify_ticket has been stored"


@dataclass(eq=False, repr=False)
class NotAuthorized(WeChatError):
    """No refresh token has been stored for this Mini Program."""

    appid: str

    def __str__(self) -> str:
        return f"no refresh token has been stored for {self.appid}"


@dataclass(eq=False, repr=False)
class AuthorizationPending(WeChatError):
    """No refresh token has been stored yet, but WeChat has pushed the authorization, and its code is being exchanged."""

    appid: str

    def __str__(self) -> str:
        return f"the authorization of {self.appid} was pushed, and its code is being exchanged"


@dataclass(eq=False, repr=False)
class NotLent(WeChatError):
    """The other system that owns the tokens has none for this appid, or lends no token of the platform's own."""

    slot: str

    def __str__(self) -> str:
        return f"the owner of the tokens lends none for {self.slot}"


@dataclass(eq=False, repr=False)
class RateLimited(WeChatError):
    """A limit of our own kept the call from being sent. `retry_after_s`: its turn does not come before that."""

    limit: str
    retry_after_s: float

    def __str__(self) -> str:
        return self.limit


@dataclass(eq=False, repr=False)
class Unreadable(WeChatError):
    """What is stored was sealed with a key that is not at hand.

    `key` is its name in Redis; `appid` is the Mini Program that it belongs to, None for the platform's own.
    """

    key: str
    appid: str | None = None

    def __str__(self) -> str:
        return f"none of the encryption keys opens {self.key} in Redis"
