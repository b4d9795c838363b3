"""WeChat's pushes: how old the newest ticket is, and what came in."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cli.context import settings
from cli.context import unchecked_services as services
from cli.doctor.findings import Finding, fail, ok, warn
from wechat.tokens.store import ENDING_TICKET_S, OLD_TICKET_S


def ticket() -> Iterator[Finding]:
    """Whether there is a ticket, and how old it is; or who lends the tokens."""
    if settings().tokens.is_borrowed:
        host = urlsplit(settings().tokens.url).netloc
        yield ok("tokens", f"borrowed from {host}: no ticket, AppSecret or refresh token is needed here")
        return
    age_s = services().wechat.store.ticket_age_s()
    # Of containers only the receiver's own has its token and keys.
    takes_pushes = settings().platform.takes_pushes or bool(services().wechat.inbox.counts().taken)
    remedy = "look at `mprelease receiver` and its proxy, then `mprelease ticket --push`; or store"
    remedy = f"{remedy if takes_pushes else 'store'} the newest one with `mprelease ticket`"
    if age_s is None:
        yield fail("ticket", f"none that is younger than 12 hours: {remedy}")
        return
    stored = f"stored {_ago(age_s)}"
    if age_s <= OLD_TICKET_S:
        yield ok("ticket", stored)
        return
    text = f"{stored}: WeChat pushes one every 10 minutes, and each is good for 12 hours; {remedy}"
    yield warn("ticket", text) if age_s < ENDING_TICKET_S else fail("ticket", text)


def pushes() -> Iterator[Finding]:
    """What the receiver took and refused, where there is one."""
    counts = services().wechat.inbox.counts()
    if not settings().platform.takes_pushes and not counts.taken:
        return
    taken = ", ".join(f"{name} {number}" for name, number in sorted(counts.taken.items()))
    refused = ", ".join(f"{reason} {number}" for reason, number in sorted(counts.refused.items()))
    text = f"taken: {taken or 'none yet'}" + (f"; refused: {refused}" if refused else "")
    if refused and not taken:
        yield warn(
            "pushes", f"{text}; compare token and EncodingAESKey with WeChat's console: docs/receiver.md"
        )
    else:
        yield ok("pushes", text)


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute ago"
    hours, rest = divmod(minutes, 60)
    parts = ((hours, "hour"), (rest, "minute"))
    return " ".join(f"{number} {name}{'s' * (number != 1)}" for number, name in parts if number) + " ago"
