"""What every request has to pass before anything is read of it: the Host header, a key, and the key's budget."""

from __future__ import annotations

import math
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.budget import Budget
from web.keys import Keys
from web.problems import problem

#: Asked without a login, by whoever watches processes, under whatever name.
OPEN_PATHS = ("/healthz", "/api/v1/healthz")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: A way to a key, for whoever has none.
_A_KEY = "mprelease api-key NAME --scope read|operate|publish|tokens"


class Gate:
    """Lets requests through to the app inside it, with `request.state.key`; no answer is kept by anybody."""

    def __init__(self, app: ASGIApp, *, keys: Keys, hosts: Collection[str], budget: Budget) -> None:
        self._app = app
        self._keys = keys
        self._hosts = {*LOOPBACK, *hosts}
        self._budget = budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def never_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        refused = None if scope["path"] in OPEN_PATHS else self._refusal(Request(scope))
        answer: Any = self._app if refused is None else refused
        await answer(scope, receive, never_kept)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").lower()
        if _without_port(host) not in self._hosts:
            return problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This host name is not served here. Name it in MPRELEASE_WEB__HOSTS if it should be.",
            )
        key = self._keys.holder(request.headers.get("authorization", ""))
        if key is None:
            return self._who_is_it()
        request.state.key, request.state.caller = key, key.name
        wait_s = self._budget.take(key.name)
        if not wait_s:
            return None
        after = {"Retry-After": str(math.ceil(wait_s))}
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"The key {key.name} sends more requests than MPRELEASE_WEB__REQUESTS_PER_MINUTE allows.",
            headers=after,
        )

    def _who_is_it(self) -> Response:
        detail = f"Send a key: Authorization: Bearer KEY. To make one: {_A_KEY}"
        if not self._keys:
            detail = f"Nobody can log in: there is no key in MPRELEASE_WEB__KEYS. To make one: {_A_KEY}"
        return problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host
