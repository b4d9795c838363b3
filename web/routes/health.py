"""Whether the service works; asked without a login."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from web.backend import Behind
from web.models import Health
from web.routes.scoped import answers

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=Health, responses=answers({503: "Redis does not answer."}))
def healthz(backend: Behind) -> JSONResponse:
    """200 when Redis answers, 503 when it does not; within two seconds. Also at /healthz. Needs no key."""
    backend.ping()
    return JSONResponse({"status": "ok"})
