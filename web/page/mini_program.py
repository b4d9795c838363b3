"""One Mini Program: its versions side by side, its domains, its authorization. WeChat is asked when a person asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from releases.appid import is_appid
from releases.record import Release
from releases.selection import Selection
from releases.shown.asked import AUDIT, GRAY, Asked, AtWeChat, configured, filed, named
from releases.states import Status, Step
from releases.waves.speech import Speech
from tasks.services import Services
from web.backend import Ready
from web.page.rendering import screen
from web.page.visit import Visiting
from wechat.api import WeChat
from wechat.domains import WEB_VIEW, Domains
from wechat.http.deadline import Deadline
from wechat.mini_program import MiniProgram
from wechat.push.inbox import UNAUTHORIZED

router = APIRouter(include_in_schema=False)

_A_PAGE = 50
#: A person waits for what WeChat says for so many seconds at the most.
_PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Authorization:
    """What the token store says of a Mini Program, and never a token."""

    has_refresh_token: bool
    is_new: bool
    withdrawn_at: datetime | None

    @classmethod
    def read(cls, wechat: WeChat, appid: str) -> Authorization | None:
        """Read it; None where this process has no business with tokens, or its user of Redis may not see any."""
        if not wechat.can_ask:
            return None
        try:
            at = wechat.inbox.marked(UNAUTHORIZED, appid)
            return cls(
                has_refresh_token=wechat.store.has_refresh_token(appid),
                is_new=wechat.inbox.has_code_of(appid),
                withdrawn_at=None if at is None else datetime.fromtimestamp(at, UTC),
            )
        except redis.exceptions.NoPermissionError:
            return None


def shop_of(services: Services, appid: str) -> MiniProgram | None:
    """The calls for it; None where this process can't get tokens."""
    wechat = services.wechat
    if not is_appid(appid) or Authorization.read(wechat, appid) is None:
        return None
    return wechat.mini_program(appid, Deadline(_PATIENCE_S))


@router.get("/mini-program/{appid}")
def mini_program(
    request: Request, services: Ready, visit: Visiting, appid: str, ask: str = ""
) -> HTMLResponse:
    """Show it, by the records; and by WeChat with `ask=1`."""
    page = services.reader.newest(Selection(appid=appid), _A_PAGE)
    newest = page.releases[0] if page.releases else None
    wanted = _wanted(newest, services.wanted)
    shop = shop_of(services, appid)
    speech = Speech(is_chinese=visit.language == "zh")
    return screen(
        request,
        "mini_program.html",
        status=404 if newest is None else 200,
        appid=appid,
        newest=newest,
        found=page.releases,
        is_more=page.more_after is not None,
        trial=next((one for one in page.releases if one.step.position > Step.COMMIT_CODE.position), None),
        audited=next((one for one in page.releases if one.auditid is not None), None),
        live=_live(services, page.releases, appid),
        is_borrowed=services.wechat.authorizing is None,
        authorization=Authorization.read(services.wechat, appid),
        can_ask=shop is not None,
        told=_told(shop, wanted, speech) if shop is not None and ask == "1" else None,
        wanted=wanted,
        now=services.now(),
    )


def _wanted(newest: Release | None, wanted: Domains) -> Domains:
    """What its newest release has configured: its own lists, or the platform's."""
    if newest is None or newest.domains is None:
        return wanted
    return Domains.answered(newest.domains) | Domains.of_web_view(newest.domains.get(WEB_VIEW, ()))


def _live(services: Services, newest: list[Release], appid: str) -> Release | None:
    """The one in the shop; it may be older than those that are listed."""
    for release in newest:
        if release.role == "live":
            return release
    found = services.reader.newest(Selection(appid=appid, status=Status.LIVE), 1).releases
    return found[0] if found else None


def _told(shop: MiniProgram, wanted: Domains, speech: Speech) -> dict[str, Any]:
    """What WeChat says, in words; `unknown` has why where it did not say something."""
    web_view, asked = bool(wanted.web_view), Asked(speech)
    found = AtWeChat.ask(shop, asked, web_view=web_view)
    there = asked.for_("configured", lambda: configured(shop, web_view=web_view))
    audit, gray = found.audit, found.gray
    return {
        "versions": found.versions,
        "audit": audit,
        "audit_status": audit and named(AUDIT, audit.status, speech),
        "is_open": found.is_open,
        "filing": found.filing,
        "filing_status": found.filing and filed(found.filing, speech),
        "gray": gray,
        "gray_status": gray and named(GRAY, gray.status, speech),
        "domains": list(_rows(wanted, there, found.effective)),
        "unknown": asked.unknown,
        "at": lambda seconds: datetime.fromtimestamp(seconds, UTC) if seconds else None,
    }


def _rows(wanted: Domains, *told: Domains | None) -> Iterator[tuple[str, str, list[bool | None]]]:
    """List, domain, and whether it is wanted, configured, effective; None where WeChat does not say."""
    every = wanted
    for domains in told:
        every |= domains or Domains({})
    for name, listed in every.lists.items():
        for domain in listed:
            yield (
                name,
                domain,
                [None if one is None else domain in one.lists.get(name, ()) for one in (wanted, *told)],
            )
