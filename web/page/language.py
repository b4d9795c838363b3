"""Chooses the language of the page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from web.page.addresses import own_path
from web.page.visit import LANGUAGE_COOKIE, keep

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 24 * 3600


@router.get("/language/{name}")
async def choose(request: Request, name: str, back: str = "/") -> Response:
    """Keep it in a cookie. Changes nothing that others see, so that a link may do it."""
    answer = RedirectResponse(own_path(back), 303)
    if name in {"en", "zh"}:
        keep(request, answer, LANGUAGE_COOKIE, name, _YEAR_S)
    return answer
