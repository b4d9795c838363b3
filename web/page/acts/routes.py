"""`/act/WHAT`: shows what an act would touch, and does it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from web.backend import Ready
from web.page.acts.doing import do
from web.page.acts.done import Done
from web.page.acts.kinds import NAMED, NEEDS, STOPS, Act
from web.page.acts.order import WrongFields, is_changed, read
from web.page.acts.patience import TooMuchAtOnce, in_time
from web.page.acts.preview import preview
from web.page.acts.target import Target, Targeted
from web.page.rendering import screen
from web.page.visit import Form, Visiting

#: To whoever comes while others order much.
_TOO_MUCH = "Other acts for many releases run at this moment, so nothing was done. Try again in a minute"

router = APIRouter(include_in_schema=False)


@router.get("/act/{act}")  # noqa: FAST003 - the target takes it
def show(request: Request, visit: Visiting, services: Ready, target: Targeted) -> Response:
    """Show what it would touch, and ask."""
    if not visit.may(NEEDS[target.act]):
        return _forbidden(request, target)
    return _asking(request, target, preview=preview(services, target))


@router.post("/act/{act}")  # noqa: FAST003
def act(request: Request, visit: Visiting, services: Ready, target: Targeted, fields: Form) -> Response:
    """Do it, if what was shown is what it would touch; else show that."""
    if target.act is Act.PLAN:
        raise HTTPException(405, headers={"Allow": "GET"})
    if not visit.may(NEEDS[target.act]):
        return _forbidden(request, target)
    now = preview(services, target)
    try:
        order, changed = read(fields, target, visit), is_changed(fields, target, now)
    except WrongFields as error:
        wrong = HTTPStatus.UNPROCESSABLE_ENTITY
        return _asking(request, target, wrong, preview=now, typed=fields, wrong=error.names)
    if changed:
        return _asking(request, target, HTTPStatus.CONFLICT, preview=now, typed=fields, is_changed=True)
    try:
        number = in_time(lambda: do(services, target, order, now), stops=target.act in STOPS)
    except TooMuchAtOnce:
        raise HTTPException(503, _TOO_MUCH) from None
    done = Done(target.act, now.number if number is None else number, goes_on=number is None)
    return RedirectResponse(target.back(**done.query(visit.token)), HTTPStatus.SEE_OTHER)


def _asking(request: Request, target: Target, status: HTTPStatus = HTTPStatus.OK, **shown: Any) -> Response:
    typed: Mapping[str, str] = {}
    asked: dict[str, Any] = {"typed": typed, "wrong": frozenset[str](), "is_changed": False, **shown}
    return screen(
        request,
        "act.html",
        status=status,
        target=target,
        asks_name=target.act in NAMED and target.wave is not None,
        **asked,
    )


def _forbidden(request: Request, target: Target) -> Response:
    return screen(
        request, "forbidden.html", status=HTTPStatus.FORBIDDEN, target=target, needs=NEEDS[target.act]
    )
