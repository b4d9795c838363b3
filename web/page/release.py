"""One release: how it stands, what has to be done, and all that is known of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from releases.problems import describe
from releases.record import Release
from releases.selection import Selection
from releases.shown.bodies import bodies
from releases.shown.printable import json_block
from releases.states import Step
from web.backend import Ready
from web.page.mini_program import shop_of
from web.page.rendering import screen
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded

router = APIRouter(include_in_schema=False)

#: Of the same Mini Program so many releases are looked at for those before and after it, and so many of each are shown.
_OTHERS, _NEAR = 50, 5
#: What the pictures begin with that a browser is given, and their types; anything else WeChat sends stays here.
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
#: It is shown, and nothing in it runs or loads, whatever it is.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=3600",
}


@router.get("/release/{release_id}")
def release(request: Request, services: Ready, release_id: str) -> HTMLResponse:
    """Show it."""
    found = services.reader.get(release_id)
    others = services.reader.newest(Selection(appid=found.appid), _OTHERS).releases
    calls = [(path, json_block(body)) for path, body in bodies(found, services.wanted)]
    pictures = () if found.review is None else found.review.screenshots
    return screen(
        request,
        "release.html",
        release=found,
        calls=calls,
        handles=_handles(found),
        later=[one for one in others if one.created_at > found.created_at][-_NEAR:],
        earlier=[one for one in others if one.created_at < found.created_at][:_NEAR],
        pictures=len(pictures),
        can_ask=bool(pictures) and shop_of(services, found.appid) is not None,
        now=services.now(),
    )


def _handles(of: Release) -> list[str]:
    """By which any Celery client waits for it: to the audit, and for each order to the shop."""
    return [of.id, *(of.publication_of(order) for order in range(1, of.progress.orders + 1))]


@router.get("/release/{release_id}/screenshot/{number}")
def screenshot(services: Ready, release_id: str, number: int) -> Response:
    """Hand on a picture that the audit's reason refers to; the client of WeChat bounds its size and its time."""
    found = services.reader.get(release_id)
    pictures = () if found.review is None else found.review.screenshots
    if not 1 <= number <= len(pictures):
        raise HTTPException(404, "There is no such screenshot")
    command = f"To fetch it: mprelease show {found.id} --screenshots DIR"
    shop = shop_of(services, found.appid)
    if shop is None:
        raise HTTPException(409, f"This process can't ask WeChat. {command}")
    try:
        picture = shop.material(pictures[number - 1])
    except (WeChatError, DeadlineExceeded) as error:
        raise HTTPException(502, describe(error, Step.WATCH_AUDIT).message) from None
    for start, kind in _PICTURES.items():
        if picture.startswith(start):
            return Response(picture, media_type=kind, headers=_HARMLESS)
    raise HTTPException(502, f"WeChat sent no PNG, JPEG or GIF. {command}")
