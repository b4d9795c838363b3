"""Waves: start, list, read, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import JSONResponse

from config.api_keys import KeyScope
from releases.background.due import FED_AT_ONCE
from releases.errors import InvalidRequest, ReleaseConflict
from releases.intake.many import contradictions
from releases.intake.publication_plan import by_record
from releases.record import Release
from releases.request import ReleaseRequest, encodable, parse_request
from releases.selection import Selection
from releases.states import Status, Step
from releases.store.newest import Position
from releases.waves.brake import DEFAULT_MAX_BLOCKED, WavePolicy
from releases.waves.report import causes_in
from tasks.services import Services
from web.backend import Behind, Ready
from web.bodies import Body, by, json_object, order_by, validated
from web.cursors import cursor_of, position_of
from web.models import (
    OrderedWave,
    PublicationPlanPage,
    PublishWaveOrder,
    Reason,
    StartedWave,
    WavePage,
    WaveRecord,
)
from web.openapi import wave_body
from web.problems import UnknownWave, missing_scope
from web.routes.releases import AUTO, Paging, ordered
from web.routes.scoped import CONFLICT, NOT_FOUND, WITH_BODY, ScopedRouter, answers, order_of

reading = ScopedRouter(KeyScope.READ, "waves")
operating = ScopedRouter(KeyScope.OPERATE, "waves")
publishing = ScopedRouter(KeyScope.PUBLISH, "waves")

WaveName = Annotated[str, Path(description="A wave's name.")]
#: Requests of one call.
MOST_REQUESTS = 10_000


class WaveOrder(BaseModel):
    """The requests of a wave; what else is given is common to all that do not say otherwise."""

    model_config = ConfigDict(extra="allow")

    requests: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_REQUESTS)]
    canary: Annotated[StrictInt, Field(ge=1, le=MOST_REQUESTS)] | None = None
    max_blocked: Annotated[float, Field(strict=True, ge=0, le=100)] | None = None


@reading.get("/waves", response_model=WavePage)
def list_waves(services: Ready, backend: Behind, paging: Annotated[Paging, Query()]) -> JSONResponse:
    """List the waves, newest first."""
    after = position_of(paging.cursor)
    began = backend.waves()
    found = [Position(at.timestamp(), name) for name, at in began.items()]
    older = [one for one in found if after is None or one < after]
    shown = older[: paging.limit]
    listed = [
        {
            **services.wave_reports.of(one.id).public(),
            "began_at": f"{began[one.id]:%Y-%m-%dT%H:%M:%SZ}",
        }
        for one in shown
    ]
    more_after = shown[-1] if len(older) > len(shown) else None
    return JSONResponse({"waves": listed, "next": cursor_of(more_after)})


@operating.post(
    "/waves/{wave:path}/resume",
    response_model=WaveRecord,
    **order_of(Reason),
)
def resume_wave(
    services: Ready, backend: Behind, request: Request, wave: WaveName, raw: Body
) -> JSONResponse:
    """Start what is blocked or failed in the wave again, and let it go on if it is braked. A canary is not cut short."""
    who = by(request, raw)
    check_wave(services, wave)
    services.orders.resume_wave(wave, who)
    return _wave(services, wave, backend.workers())


@operating.post(
    "/waves/{wave:path}/cancel",
    response_model=WaveRecord,
    **order_of(Reason),
)
def cancel_wave(
    services: Ready, backend: Behind, request: Request, wave: WaveName, raw: Body
) -> JSONResponse:
    """End all releases of the wave that have not ended. What WeChat has been told already stays as it is."""
    who = by(request, raw)
    check_wave(services, wave)
    services.orders.cancel_wave(wave, who)
    return _wave(services, wave, backend.workers())


class PlanWanted(Paging):
    """Which plan, and which page of it."""

    publish: Annotated[Literal["1"], Field(description="1: the plan of a publication.")] = "1"


@reading.get("/waves/{wave:path}/plan", response_model=PublicationPlanPage, responses=answers(NOT_FOUND))
def plan_wave(services: Ready, wave: WaveName, wanted: Annotated[PlanWanted, Query()]) -> JSONResponse:
    """Tell what an order to publish the wave would do, by what is stored; `mprelease publish --plan` asks WeChat as well."""
    check_wave(services, wave)
    page = services.reader.newest(Selection(wave=wave), wanted.limit, position_of(wanted.cursor))
    pool = services.preflight.kept_hosts()
    plans = [by_record(release, services.wanted, pool).public() for release in page.releases]
    approved = services.store.wave_tally(wave).counts[Status.APPROVED]
    next_ = cursor_of(page.more_after)
    return JSONResponse({"wave": wave, "approved": approved, "releases": plans, "next": next_})


@operating.post("/waves/{wave:path}/plan", include_in_schema=False)
def refuse_to_start_a_plan(wave: WaveName) -> None:
    """A plan is read. Without this a wave of that name would begin, which nobody could read."""
    del wave
    raise HTTPException(405, headers={"Allow": "GET"})


@publishing.post(
    "/waves/{wave:path}/publish",
    status_code=202,
    response_model=OrderedWave,
    **order_of(PublishWaveOrder),
)
def publish_wave(services: Ready, request: Request, wave: WaveName, raw: Body) -> JSONResponse:
    """Put all approved releases of the wave live. The same order twice is one."""
    who, order = order_by(request, raw, PublishWaveOrder)
    check_wave(services, wave)
    services.orders.publish_wave(
        wave, who, canary=order.canary or 0, max_blocked=order.max_blocked, not_before=order.at
    )
    return _taken(services, wave, lambda release: release.publication is not None, "approved")


@publishing.post(
    "/waves/{wave:path}/revert",
    status_code=202,
    response_model=OrderedWave,
    **order_of(Reason),
)
def revert_wave(services: Ready, request: Request, wave: WaveName, raw: Body) -> JSONResponse:
    """Take what is live of the wave back by one version."""
    who = by(request, raw)
    check_wave(services, wave)
    services.orders.revert_wave(wave, who)
    return _taken(services, wave, lambda release: release.step is Step.REVERT, "live")


@reading.get("/waves/{wave:path}", response_model=WaveRecord, responses=answers(NOT_FOUND))
def get_wave(services: Ready, backend: Behind, wave: WaveName) -> JSONResponse:
    """Tell how a wave stands: counts, speed, estimated end, what holds it back, and each cause of a block once."""
    check_wave(services, wave)
    return _wave(services, wave, backend.workers())


@operating.post(
    "/waves/{wave:path}",
    status_code=201,
    response_model=StartedWave,
    responses=answers(CONFLICT, WITH_BODY),
    openapi_extra=wave_body(MOST_REQUESTS),
)
def start_wave(services: Ready, request: Request, wave: WaveName, raw: Body) -> JSONResponse:
    """Enqueue many requests under one name: all of them, or none. The same call twice is one wave."""
    order = validated(WaveOrder, json_object(raw))
    if any(fields.get("publish") == AUTO for fields in (order.model_extra or {}, *order.requests)):
        forbidden = missing_scope(request, KeyScope.PUBLISH)
        if forbidden is not None:
            return forbidden
    requests = _requests(wave, order)
    enqueued = services.batch.enqueue(requests, _policy(order), by=by(request))
    # Workers feed the rest, at their next look.
    services.due.feed(FED_AT_ONCE)
    made = [{"release_id": one.release.id, "created": one.created} for one in enqueued]
    return JSONResponse({"wave": wave, "releases": made}, status_code=201)


def _requests(wave: str, order: WaveOrder) -> list[ReleaseRequest]:
    """The requests, each with the common fields where it has none; raises InvalidRequest for the first that is wrong."""
    common = order.model_extra or {}
    unknown = sorted(set(common) - (set(ReleaseRequest.model_fields) - {"appid"}))
    if unknown:
        raise InvalidRequest(encodable(unknown[0]), "is no field that requests can have in common")
    found = []
    for index, fields in enumerate(order.requests):
        try:
            found.append(_of_wave(wave, {"wave": wave, **common, **fields}))
        except InvalidRequest as error:
            raise InvalidRequest(f"requests.{index}.{error.field}", error.problem) from None
    for index, earlier in contradictions(found):
        raise InvalidRequest(
            f"requests.{index}.appid",
            f"{found[index].appid} stands in requests.{earlier} already, with another request; "
            "a Mini Program takes one release at a time",
        )
    return found


def _of_wave(wave: str, fields: dict[str, Any]) -> ReleaseRequest:
    if fields["wave"] != wave:
        raise InvalidRequest("wave", "must be the wave of the path, or be left out")
    return parse_request(fields)


def _policy(order: WaveOrder) -> WavePolicy | None:
    if order.canary is None and order.max_blocked is None:
        return None
    bound = DEFAULT_MAX_BLOCKED if order.max_blocked is None else order.max_blocked
    return WavePolicy(canary=order.canary or 0, max_blocked=bound)


def _taken(services: Services, wave: str, is_ordered: Callable[[Release], bool], status: str) -> JSONResponse:
    done = those_ordered(services, wave, is_ordered, status)
    return JSONResponse({"wave": wave, "releases": list(map(ordered, done))}, status_code=202)


def those_ordered(
    services: Services, wave: str, is_ordered: Callable[[Release], bool], status: str
) -> list[Release]:
    """Those that are ordered, now or before; raises ReleaseConflict where there was nothing to order."""
    done = [release for release in services.store.find(wave=wave) if is_ordered(release)]
    if not done:
        raise ReleaseConflict("", f"no release of wave {wave} is {status}")
    return done


def check_wave(services: Services, wave: str) -> None:
    """Raise UnknownWave where no release belongs to a wave of this name."""
    if not services.store.has_wave(wave):
        raise UnknownWave(f"no release belongs to a wave {wave!r}")


def _wave(services: Services, wave: str, workers: int | None) -> JSONResponse:
    report = services.wave_reports.of(wave)
    if report.needs_workers and workers is not None:
        report = report.asked(workers_answer=workers > 0)
    return JSONResponse(report.document(causes_in(services.reader, wave)))
