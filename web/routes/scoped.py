"""A router all of whose routes need one scope, which is looked at before anything of a request is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from config.api_keys import KeyScope
from web.models import ProblemDetails
from web.openapi import body_of
from web.problems import missing_scope

#: In the document only: `web.gate` has looked at the key.
_BEARER = HTTPBearer(auto_error=False, scheme_name="key", description="A key that `mprelease api-key` made.")

#: What any call may be answered.
ANYWHERE = {
    400: "The body is no JSON, or ended early.",
    401: "No key, or a wrong one.",
    403: "The key lacks the scope.",
    421: "The Host header names a host that is not served here.",
    422: "Something that was sent is not right: see `field` and `problem`.",
    429: "The key sends too many requests: see Retry-After.",
    503: "Redis is away: see Retry-After. Repeating is safe.",
}
NOT_FOUND = {404: "There is none of this name."}
CONFLICT = {409: "Another release is in the way, or it stands so that this can't be done: see `problem`."}
WITH_BODY = {408: "The body came too slowly.", 413: "The body is too large."}


def answers(*more: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """What a route may be answered besides its success."""
    known = {status: said for some in more for status, said in some.items()}
    return {status: {"model": ProblemDetails, "description": said} for status, said in sorted(known.items())}


def order_of(model: type[BaseModel]) -> dict[str, Any]:
    """What the routes have in common that take an order for what there is: its body, which may be left out, and the answers."""
    return {
        "responses": answers(NOT_FOUND, CONFLICT, WITH_BODY),
        "openapi_extra": body_of(model, required=False),
    }


class ScopedRouter(APIRouter):
    """Its routes are for keys that have the scope."""

    def __init__(self, scope: KeyScope, tag: str) -> None:
        super().__init__(
            route_class=_guarded(scope),
            dependencies=[Security(_BEARER, scopes=[scope])],
            responses=answers(ANYWHERE),
            tags=[tag],
        )


def _guarded(scope: KeyScope) -> type[APIRoute]:
    class Guarded(APIRoute):
        """Looks at the scope first: the framework would read the body before any dependency."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def checked(request: Request) -> Response:
                return missing_scope(request, scope) or await handle(request)

            return checked

    return Guarded
