"""Releases: start, list, read, resume, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from config.api_keys import KeyScope
from releases.record import Release
from releases.request import parse_request
from releases.selection import Selection
from releases.states import Status
from web.backend import Ready
from web.bodies import Body, by, json_object, order_by
from web.cursors import cursor_of, position_of
from web.models import Ordered, PublishOrder, Reason, ReleasePage, ReleaseRecord, Started
from web.openapi import request_body
from web.problems import missing_scope
from web.routes.scoped import CONFLICT, NOT_FOUND, WITH_BODY, ScopedRouter, answers, order_of

reading = ScopedRouter(KeyScope.READ, "releases")
operating = ScopedRouter(KeyScope.OPERATE, "releases")
publishing = ScopedRouter(KeyScope.PUBLISH, "releases")

ReleaseId = Annotated[str, Path(description="A release's id.")]
#: The request field `publish` of who puts releases live without a further order.
AUTO = "auto"
#: Of lists.
DEFAULT_LIMIT, MOST = 100, 1000


class Paging(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST, description="At most so many.")] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None


class Wanted(Paging):
    """Which releases; all that is given has to be true of one."""

    status: Annotated[Status | None, Field(description="Those in this status.")] = None
    wave: Annotated[str | None, Field(description="Those of this wave.")] = None
    appid: Annotated[str | None, Field(description="Those of this Mini Program.")] = None
    errcode: Annotated[
        int | None, Field(description="Those that are stopped, or wait, for this errcode.")
    ] = None


@reading.get("/releases", response_model=ReleasePage)
def list_releases(services: Ready, wanted: Annotated[Wanted, Query()]) -> JSONResponse:
    """List releases, newest first. Releases that are added meanwhile do not move the pages."""
    selection = Selection(**wanted.model_dump(exclude=set(Paging.model_fields)))
    page = services.reader.newest(selection, wanted.limit, position_of(wanted.cursor))
    found = [release.public() for release in page.releases]
    return JSONResponse({"releases": found, "next": cursor_of(page.more_after)})


@reading.get("/releases/{release_id}", response_model=ReleaseRecord, responses=answers(NOT_FOUND))
def get_release(services: Ready, release_id: ReleaseId) -> JSONResponse:
    """Read one release: how far it got, why it stands, what to do."""
    return JSONResponse(services.reader.get(release_id).public())


@operating.post(
    "/releases",
    status_code=201,
    response_model=Started,
    responses={
        200: {"model": Started, "description": "The same request was sent before: its release."},
        **answers(CONFLICT, WITH_BODY),
    },
    openapi_extra=request_body(),
)
def start_release(services: Ready, request: Request, raw: Body) -> JSONResponse:
    """Release one version to one Mini Program. The same request twice is one release. `publish: "auto"` needs the scope publish."""
    fields = json_object(raw)
    forbidden = missing_scope(request, KeyScope.PUBLISH) if fields.get("publish") == AUTO else None
    if forbidden is not None:
        return forbidden
    enqueued = services.releases.enqueue(parse_request(fields), by=by(request))
    document: dict[str, Any] = {
        "release_id": enqueued.release.id,
        "created": enqueued.created,
        "release": enqueued.release.public(),
    }
    return JSONResponse(document, status_code=201 if enqueued.created else 200)


@operating.post(
    "/releases/{release_id}/resume",
    response_model=ReleaseRecord,
    **order_of(Reason),
)
def resume_release(services: Ready, request: Request, release_id: ReleaseId, raw: Body) -> JSONResponse:
    """Start a blocked or failed release again, or a waiting one at once. One that goes on stays as it is."""
    return JSONResponse(services.releases.resume(release_id, by(request, raw)).public())


@operating.post(
    "/releases/{release_id}/cancel",
    response_model=ReleaseRecord,
    **order_of(Reason),
)
def cancel_release(services: Ready, request: Request, release_id: ReleaseId, raw: Body) -> JSONResponse:
    """End a release. What WeChat has been told already stays as it is."""
    return JSONResponse(services.releases.cancel(release_id, by=by(request, raw)).public())


@operating.post(
    "/releases/{release_id}/withdraw",
    response_model=ReleaseRecord,
    **order_of(Reason),
)
def withdraw_release(services: Ready, request: Request, release_id: ReleaseId, raw: Body) -> JSONResponse:
    """Have a worker withdraw the audit of a release; WeChat takes five a day for each Mini Program."""
    return JSONResponse(services.publications.withdraw(release_id, by(request, raw)).public())


@publishing.post(
    "/releases/{release_id}/publish",
    status_code=202,
    response_model=Ordered,
    **order_of(PublishOrder),
)
def publish_release(services: Ready, request: Request, release_id: ReleaseId, raw: Body) -> JSONResponse:
    """Put an approved release live. The same order twice is one."""
    who, order = order_by(request, raw, PublishOrder)
    release = services.publications.order(release_id, who, not_before=order.at)
    return JSONResponse(ordered(release), status_code=202)


@publishing.post(
    "/releases/{release_id}/revert",
    status_code=202,
    response_model=Ordered,
    **order_of(Reason),
)
def revert_release(services: Ready, request: Request, release_id: ReleaseId, raw: Body) -> JSONResponse:
    """Take the live version back by one; WeChat does that once."""
    return JSONResponse(ordered(services.publications.revert(release_id, by(request, raw))), status_code=202)


def ordered(release: Release) -> dict[str, Any]:
    """As JSON: an order that was taken."""
    return {"release_id": release.id, "publication_id": release.publication_id or None}
