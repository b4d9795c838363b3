"""The log of actions: who ordered what, when, why, and of how many, newest first."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from releases.scope import Scope
from releases.store.actions import What
from web.backend import Ready
from web.cursors import cursor_of, position_of
from web.page.rendering import screen
from web.page.words import N_

router = APIRouter(include_in_schema=False)
#: Orders on one page.
SHOWN = 100

WHAT: Mapping[What, str] = {
    What.ENQUEUE: N_("enqueued"),
    What.RESUME: N_("resumed"),
    What.CANCEL: N_("cancelled"),
    What.WITHDRAW: N_("withdrew the audit"),
    What.SPEED_UP: N_("had the audit sped up"),
    What.PUBLISH: N_("ordered to publish"),
    What.REVERT: N_("ordered to revert"),
    What.SET_BOUND: N_("changed when the wave stops"),
    What.PAUSE: N_("paused the platform"),
    What.RESUME_PLATFORM: N_("resumed the platform"),
    What.VISIT_OPEN: N_("opened the Mini Program to visitors"),
    What.VISIT_CLOSE: N_("closed the Mini Program to visitors"),
    What.GRAY: N_("published to a part of the users"),
    What.GRAY_STOP: N_("ended the publication to a part of the users"),
    What.DOMAINS_ADD: N_("added domains"),
    What.DOMAINS_DELETE: N_("deleted domains"),
    What.DOMAINS_SET: N_("replaced the domains"),
    What.PLATFORM_DOMAINS_ADD: N_("registered domains on the platform"),
    What.LOOK: N_("had the audit read now"),
    What.TICKET: N_("stored a new ticket"),
    What.TICKET_PUSH: N_("asked WeChat to push tickets"),
    What.AUTHORIZE: N_("stored refresh tokens"),
    What.REKEY: N_("sealed the stored secrets anew"),
    What.SET_ASIDE_REQUEUE: N_("put back what was set aside"),
    What.SET_ASIDE_CLEAR: N_("forgot what was set aside"),
    What.WEBHOOKS_RETRY: N_("had the webhook tried again"),
}
SCOPE: Mapping[Scope, str] = {Scope.ALL: N_("everything"), Scope.SUBMISSIONS: N_("submissions alone")}


@router.get("/log")
def log(request: Request, services: Ready, wave: str = "", by: str = "", cursor: str = "") -> HTMLResponse:
    """One page of it, of all or of one wave or person."""
    wave, by = wave.strip(), by.strip()
    page = services.actions.newest(SHOWN, position_of(cursor or None), by=by or None, wave=wave or None)
    return screen(
        request,
        "log.html",
        actions=page.actions,
        next=cursor_of(page.more_after),
        wave=wave,
        by=by,
        cursor=cursor,
        what=WHAT,
        scope=SCOPE,
    )
