"""The platform as a whole: how it stands, and a pause by hand."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from starlette.responses import JSONResponse

from config.api_keys import KeyScope
from releases.errors import InvalidRequest
from releases.scope import Scope
from releases.store.pauses import Pause
from releases.waves.audit_quota import Fit
from tasks.services import Services
from web.backend import Behind, Ready
from web.bodies import Body, asked_by, by, json_object
from web.models import PauseOrder, PlatformRecord, Reason
from web.openapi import body_of
from web.platform.standing import Registered, brief
from web.routes.scoped import WITH_BODY, ScopedRouter, answers

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
    services.orders.pause_platform(scope, who)
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
    it = brief(services)
    document = {
        "pauses": [_pause(scope, pause) for scope, pause in it.pauses.items()],
        "audit_quota": None if it.quota is None else _quota(it.quota),
        "ticket_age_s": None if it.ticket_age_s is None else round(it.ticket_age_s),
        "pool": _pool(it.pool),
        "web_view_pool": _pool(it.web_view_pool),
        "workers": workers,
    }
    return JSONResponse(document)


def _quota(fit: Fit) -> dict[str, Any]:
    return {
        "rest": fit.rest,
        "limit": fit.limit,
        "reserved": fit.reserved,
        "asked_s_ago": round(fit.age_s),
    }


def _pause(scope: Scope, pause: Pause) -> dict[str, Any]:
    told = pause.model_dump(mode="json", include={"errcode", "errmsg", "remedy", "reason", "until"})
    return {"scope": scope, "by": pause.actor, **told}


def _pool(pool: Registered) -> dict[str, Any] | None:
    return None if pool.hosts is None else {"hosts": pool.hosts, "missing": pool.missing}
