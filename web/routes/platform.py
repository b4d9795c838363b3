"""The platform as a whole: how it stands, and a pause by hand."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from config.api_keys import KeyScope
from releases.errors import InvalidRequest
from releases.scope import Scope
from releases.store.pauses import Pause
from tasks.services import Services
from web.backend import Behind, Ready
from web.bodies import Body, asked_by, by, json_object
from web.models import PauseOrder, PlatformRecord, Reason
from web.openapi import body_of
from web.routes.scoped import WITH_BODY, ScopedRouter, answers
from wechat.domains import Domains, Pool, Standing

reading = ScopedRouter(KeyScope.READ, "platform")
operating = ScopedRouter(KeyScope.OPERATE, "platform")


@reading.get("/platform", response_model=PlatformRecord)
def get_platform(services: Ready, backend: Behind) -> JSONResponse:
    """Tell how the platform stands: pauses, quota, the ticket's age, the pool of domains, workers."""
    return _platform(services, backend.workers())


@operating.post(
    "/platform/pause",
    response_model=PlatformRecord,
    responses=answers(WITH_BODY),
    openapi_extra=body_of(PauseOrder, required=False),
)
def pause_platform(services: Ready, backend: Behind, request: Request, raw: Body) -> JSONResponse:
    """Let all releases wait at their next step, until somebody resumes. Running steps end first."""
    fields = json_object(raw) if raw else {}
    who = asked_by(request, fields, "submissions")
    submissions = fields.get("submissions", False)
    if not isinstance(submissions, bool):
        raise InvalidRequest("submissions", "must be true or false")
    scope = Scope.SUBMISSIONS if submissions else Scope.ALL
    services.pauses.begin_by_hand(scope, who.reason or "", who.actor)
    return _platform(services, backend.workers())


@operating.post(
    "/platform/resume",
    response_model=PlatformRecord,
    responses=answers(WITH_BODY),
    openapi_extra=body_of(Reason, required=False),
)
def resume_platform(services: Ready, backend: Behind, request: Request, raw: Body) -> JSONResponse:
    """End the pauses of the platform."""
    services.orders.resume_platform(by(request, raw))
    return _platform(services, backend.workers())


def _platform(services: Services, workers: int | None) -> JSONResponse:
    found = {scope: services.pauses.current(scope) for scope in Scope}
    fit = services.audit_quotas.fit(0)
    age_s = services.wechat.store.ticket_age_s()
    document = {
        "pauses": [_pause(scope, pause) for scope, pause in found.items() if pause is not None],
        "audit_quota": None
        if fit is None
        else {
            "rest": fit.rest,
            "limit": fit.limit,
            "reserved": fit.reserved,
            "asked_s_ago": round(fit.age_s),
        },
        "ticket_age_s": None if age_s is None else round(age_s),
        "pool": _pool(services.preflight.kept_hosts(), services.wanted.server),
        "web_view_pool": _pool(services.preflight.kept_jump_hosts(), services.wanted.web_view),
        "workers": workers,
    }
    return JSONResponse(document)


def _pause(scope: Scope, pause: Pause) -> dict[str, Any]:
    told = pause.model_dump(mode="json", include={"errcode", "errmsg", "remedy", "reason", "until"})
    return {"scope": scope, "by": pause.actor, **told}


def _pool(hosts: list[str] | None, wanted: Domains) -> dict[str, Any] | None:
    if hosts is None:
        return None
    pool = Pool(hosts)
    missing = [host for host in wanted.hosts() if pool.standing(host) is Standing.MISSING]
    return {"hosts": hosts, "missing": missing}
