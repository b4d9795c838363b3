"""What goes wrong, as `application/problem+json` (RFC 9457), and never as a traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from config.api_keys import KeyScope
from db.database import NotReplicated
from releases.errors import InvalidRequest, ReleaseConflict, UnknownRelease
from releases.intake.many import Conflicts
from releases.request import encodable
from releases.store.schema import SchemaError
from tasks.redis_away import REDIS_ERRORS, is_away, say_once, why_away
from web.page.rendering import screen
from web.page.visit import visit_of
from web.phrases import in_words

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: Conflicts of a wave that are named one by one.
_NAMED = 20
#: Seconds after which it is worth trying again when Redis was away.
_AGAIN_S = 2


class UnknownWave(Exception):
    """No release belongs to a wave of this name."""


class Problem(JSONResponse):
    """An answer that says what is wrong."""

    media_type = MEDIA_TYPE


def problem(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> JSONResponse:
    """Say what is wrong and what would be right; a member that is None is left out."""
    given = {name: value for name, value in members.items() if value is not None}
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Problem({**document, **given}, status_code=status, headers=dict(headers or {}))


def missing_scope(request: Request, scope: KeyScope) -> JSONResponse | None:
    """403 where the key of the request does not have the scope."""
    key = request.state.key
    if key.may(scope):
        return None
    return problem(
        HTTPStatus.FORBIDDEN,
        f"The key {key.name} has no scope {scope}. A key that has: mprelease api-key NAME --scope {scope}",
    )


def install(app: FastAPI) -> None:
    """Have the app answer all errors of ours, of Redis and of the framework."""
    known: Mapping[Any, Any] = {
        HTTPException: _by_the_framework,
        RequestValidationError: _malformed,
        InvalidRequest: _invalid,
        ReleaseConflict: _conflict,
        Conflicts: _conflicts,
        UnknownRelease: _unknown,
        UnknownWave: _unknown,
        SchemaError: _other_schema,
        ClientDisconnect: _gone,
        Exception: _bug,
        **dict.fromkeys(REDIS_ERRORS, _redis),
    }
    for error, answer in known.items():
        app.add_exception_handler(error, _as_asked(answer))


def _as_asked(answer: Callable[[Request, Any], JSONResponse]) -> Callable[[Request, Exception], Response]:
    """For a person as a screen, which says the same."""

    def answered(request: Request, error: Exception) -> Response:
        return for_reader(request, answer(request, error))

    return answered


def for_reader(request: Request, said: JSONResponse) -> Response:
    """The same as a screen, where a person asks."""
    if not hasattr(request.state, "person"):
        return said
    told = in_words(json.loads(bytes(said.body)), visit_of(request).language)
    shown = screen(request, "problem.html", status=said.status_code, problem=told)
    kept = {name: said.headers[name] for name in ("allow", "retry-after") if name in said.headers}
    shown.headers.update(kept)
    return shown


def _by_the_framework(request: Request, error: HTTPException) -> JSONResponse:
    # A path that nobody serves says nothing to those who may not look around.
    hidden = error.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    forbidden = missing_scope(request, KeyScope.READ) if hidden and hasattr(request.state, "key") else None
    if forbidden is not None:
        return forbidden
    for_programs = hidden and hasattr(request.state, "key")
    detail = f"{error.detail}. All calls: GET /openapi.json" if for_programs else f"{error.detail}."
    return problem(error.status_code, detail, headers=error.headers)


def _malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
    """What the framework reads: the query."""
    first = error.errors()[0]
    where = encodable(".".join(str(part) for part in first["loc"][1:]))
    return _invalid(_request, InvalidRequest(where or "query", encodable(str(first["msg"]))))


def _invalid(_request: Request, error: InvalidRequest) -> JSONResponse:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), field=error.field, problem=error.problem)


def _conflict(_request: Request, error: ReleaseConflict) -> JSONResponse:
    said = str(error) if error.active_id else error.problem
    return problem(HTTPStatus.CONFLICT, said, active_id=error.active_id or None, problem=error.problem)


def _conflicts(_request: Request, error: Conflicts) -> JSONResponse:
    named = [
        {"index": index, "active_id": conflict.active_id, "problem": conflict.problem}
        for index, conflict in sorted(error.conflicts.items())
    ]
    first = named[0]
    said = f"{len(named)} of the requests contradict releases that are there, so none was enqueued"
    return problem(
        HTTPStatus.CONFLICT,
        f"{said}. The first: {first['problem']}",
        active_id=first["active_id"] or None,
        problem=first["problem"],
        conflicts=named[:_NAMED],
    )


def _unknown(_request: Request, error: UnknownRelease | UnknownWave) -> JSONResponse:
    return problem(HTTPStatus.NOT_FOUND, str(error))


def _redis(request: Request, error: Exception) -> JSONResponse:
    if not is_away(error):
        return _bug(request, error)
    say_once(log, why_away(error), "requests are answered 503")
    done = (
        f"Not replicated: {error}. What was asked may have been done"
        if isinstance(error, NotReplicated)
        else f"Redis is away ({why_away(error)})"
    )
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{done}. Send the same request again: repeating is safe",
        headers={"Retry-After": str(_AGAIN_S)},
    )


def _other_schema(_request: Request, error: SchemaError) -> JSONResponse:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}.", headers={"Retry-After": str(_AGAIN_S)})


def _gone(_request: Request, _error: ClientDisconnect) -> JSONResponse:
    """Nobody reads this; it keeps a connection that was cut from being logged as a bug."""
    return problem(HTTPStatus.BAD_REQUEST, "the body ended early")


def _bug(_request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed: %s", type(error).__name__, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "A bug: see the log of `mprelease web`.")
