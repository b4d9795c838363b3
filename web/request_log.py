"""One structured line for each request: what was asked, by whom, how it ended, how long it took. Never a query or a body."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Told of a request that is over.
Observe = Callable[[Scope, int | None, float], None]
_log = logging.getLogger(__name__)
#: Parts of a path that say what it is about; others may have names that a log record has for itself.
_TOLD = ("release_id", "wave", "appid")
#: Characters of a path that nobody serves.
_LONGEST_PATH = 200


class RequestLog:
    """Logs the requests of the app inside it.

    A route may say who asked by `request.state.caller`: the name of a key, never the key. `observe` is told of each
    request as well: its scope, its status and the seconds it took.
    """

    def __init__(self, app: ASGIApp, observe: Observe | None = None) -> None:
        self._app = app
        self._observe = observe

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
            status, seconds = answered.get("status"), time.monotonic() - began
            _log.info("request", extra=_line(scope, status, seconds))
            if self._observe is not None:
                self._observe(scope, status, seconds)


def _line(scope: Scope, status: int | None, seconds: float) -> dict[str, Any]:
    route = scope.get("route")
    caller = scope.get("state", {}).get("caller")
    given = scope.get("path_params", {})
    return {
        "method": scope["method"],
        "route": getattr(route, "path", scope["path"][:_LONGEST_PATH]),
        **{name: str(given[name])[:_LONGEST_PATH] for name in _TOLD if name in given},
        "status": status,
        "ms": round(seconds * 1000, 1),
        **({"caller": caller} if caller else {}),
    }
