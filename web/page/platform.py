"""The platform: what needs a person, then how everything stands that is not one release's."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from releases.states import Status
from web.backend import Behind, Ready
from web.page.rendering import screen
from web.platform.alarms import alarms

router = APIRouter(include_in_schema=False)


@router.get("/platform")
def platform(request: Request, services: Ready, backend: Behind) -> HTMLResponse:
    """How it stands now; no worker and nothing of WeChat is waited for."""
    it = backend.standing.read(services)
    return screen(
        request,
        "platform.html",
        it=it,
        alarms=alarms(it),
        dated=[(status, it.figures.oldest_s[status]) for status in (Status.SUBMITTED, Status.APPROVED)],
    )
