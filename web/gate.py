"""What every request has to pass before anything is read of it: the Host header; for programs a key and its budget, for people a login."""

from __future__ import annotations

import math
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.budget import AtOnce, Budget
from web.keys import Keys
from web.login.people import People
from web.login.sessions import SESSION_COOKIE
from web.page.addresses import of, own_path
from web.problems import for_reader, problem
from web.refused import Refused

#: Asked without a login, by whoever watches processes, under whatever name.
OPEN_PATHS = ("/healthz", "/api/v1/healthz")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: What programs ask; everything else is the page.
API_PATHS = ("/api/", "/openapi.json", "/metrics")
#: Of what is no screen, which says more itself.
_NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'"
#: Parts of the page that need no login, besides the login.
_OPEN_PAGES = ("/static/", "/language/")
#: Requests of one person at the same time, with the screens that are watched: each may need a thread, or wait for WeChat.
MOST_OF_ONE = 24
#: A way to a key, for whoever has none.
_A_KEY = "mprelease api-key NAME --scope read|operate|publish|tokens"


class Gate:
    """Lets requests through to the app inside it, with `request.state.key` or `request.state.person`.

    No answer is kept by anybody, but for what a route says itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Keys,
        people: People,
        hosts: Collection[str],
        budget: Budget,
        refused: Refused,
    ) -> None:
        self._refused = refused
        self._app = app
        self._keys = keys
        self._people = people
        self._hosts = {*LOOPBACK, *hosts}
        self._budget = budget
        self._at_once = AtOnce(MOST_OF_ONE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def never_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers.setdefault("Content-Security-Policy", _NOTHING_RUNS)
            await send(message)

        request = Request(scope)
        refused = None if scope["path"] in OPEN_PATHS else self._refusal(request)
        if refused is None:
            await self._let_in(request, receive, never_kept)
        else:
            await refused(scope, receive, never_kept)

    async def _let_in(self, request: Request, receive: Receive, send: Send) -> None:
        person = getattr(request.state, "person", None)
        if person is None:
            await self._app(request.scope, receive, send)
        elif self._at_once.begin(person.name):
            try:
                await self._app(request.scope, receive, send)
            finally:
                self._at_once.end(person.name)
        else:
            await for_reader(request, _too_much(person.name))(request.scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").lower()
        # Never of request.url, which is made of the Host header as well.
        path: str = request.scope["path"]
        if _without_port(host) not in self._hosts:
            self._refused.tell(request, "a request for a host that is not served here was refused")
            return problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                "This host name is not served here. Name it in MPRELEASE_WEB__HOSTS if it should be.",
            )
        if self._people and not path.startswith(API_PATHS):
            return self._visitor(request)
        key = self._keys.holder(request.headers.get("authorization", ""))
        if key is None:
            return self._who_is_it()
        request.state.key, request.state.caller = key, key.name
        return self._too_many(f"key {key.name}")

    def _visitor(self, request: Request) -> Response | None:
        if _is_part_of_another_page(request):
            self._refused.tell(request, "a request that another site's page made was refused")
            return problem(HTTPStatus.FORBIDDEN, "Another site's page asked for this. Open it by itself.")
        person = request.state.person = self._people.person(request)
        if person is not None:
            request.state.caller = person.name
            too_many = self._too_many(f"person {person.name}")
            return too_many and for_reader(request, too_many)
        path: str = request.scope["path"]
        if path == "/login" or path.startswith(_OPEN_PAGES):
            return None
        back = own_path(of(request.scope)) if request.method in {"GET", "HEAD"} else "/"
        answer = RedirectResponse(f"/login?{urlencode({'back': back})}", 303)
        if SESSION_COOKIE in request.cookies:  # refused, so that it is told once
            answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return answer

    def _too_many(self, who: str) -> JSONResponse | None:
        wait_s = self._budget.take(who)
        if not wait_s:
            return None
        after = {"Retry-After": str(math.ceil(wait_s))}
        return problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"The {who} sends more requests than MPRELEASE_WEB__REQUESTS_PER_MINUTE allows.",
            headers=after,
        )

    def _who_is_it(self) -> Response:
        detail = f"Send a key: Authorization: Bearer KEY. To make one: {_A_KEY}"
        if not self._keys:
            detail = f"Nobody can log in: there is no key in MPRELEASE_WEB__KEYS. To make one: {_A_KEY}"
        return problem(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})


def _is_part_of_another_page(request: Request) -> bool:
    """Whether a page of elsewhere loads it: a link to a screen is good, a picture of one only makes somebody ask WeChat.

    A proxy's cookie may come with it, which is not ours to make strict. Forms are told from others by their Origin.
    https://web.dev/articles/fetch-metadata
    """
    headers = request.headers
    return (
        request.method in {"GET", "HEAD"}
        and headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        and headers.get("sec-fetch-dest") != "document"
    )


def _too_much(who: str) -> JSONResponse:
    said = f"The person {who} has {MOST_OF_ONE} requests going on. Wait until one of them is answered."
    return problem(HTTPStatus.TOO_MANY_REQUESTS, said, headers={"Retry-After": "1"})


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if name and port.isdigit() else host
