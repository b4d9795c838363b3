"""`GET /metrics`, for Prometheus, with a key as all others have."""

from __future__ import annotations

from fastapi import Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from config.api_keys import KeyScope
from web.routes.scoped import ScopedRouter

router = ScopedRouter(KeyScope.READ, "metrics")


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Tell how many requests there were, and how long they took; Redis is not asked."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
