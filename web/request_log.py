"""One structured line for each request: what was asked, by whom, how it ended, how long it took. Never a query or a body."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger(__name__)
#: Characters of a path that nobody serves.
_LONGEST_PATH = 200


class RequestLog:
    """Logs the requests of the app inside it.

    A route may say who asked by `request.state.caller`: the name of a key, never the key.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log it when it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        answered: dict[str, Any] = {}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            _log.info("request", extra=_line(scope, answered.get("status"), time.monotonic() - began))


def _line(scope: Scope, status: int | None, seconds: float) -> dict[str, Any]:
    route = scope.get("route")
    caller = scope.get("state", {}).get("caller")
    return {
        "method": scope["method"],
        "route": getattr(route, "path", scope["path"][:_LONGEST_PATH]),
        **{name: str(value)[:_LONGEST_PATH] for name, value in scope.get("path_params", {}).items()},
        "status": status,
        "ms": round(seconds * 1000, 1),
        **({"caller": caller} if caller else {}),
    }
