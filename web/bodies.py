"""What a client sends: one JSON object, within bounds."""

from __future__ import annotations

import asyncio
import json
import reprlib
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from releases.doors import MAX_REASON, Door, is_reason
from releases.errors import InvalidRequest
from releases.record import By
from releases.request import encodable

_Model = TypeVar("_Model", bound=BaseModel)
#: Bytes: a wave of ten thousand with an `ext` of a kilobyte each.
MOST_BYTES = 16 * 1024 * 1024
_MOST_BYTES_OF_FORM = 64 * 1024
#: Seconds in which a body has to be there.
_PATIENCE_S = 60


async def _read(request: Request, most_bytes: int) -> bytes:
    parts, size = list[bytes](), 0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for part in request.stream():
                size += len(part)
                if size > most_bytes:
                    raise HTTPException(413, f"The body has more than {most_bytes} bytes")
                parts.append(part)
    except TimeoutError:
        raise HTTPException(408, f"The body was not there after {_PATIENCE_S} s") from None
    return b"".join(parts)


async def _body(request: Request) -> bytes:
    return await _read(request, MOST_BYTES)


async def _form_body(request: Request) -> bytes:
    return await _read(request, _MOST_BYTES_OF_FORM)


#: A parameter of a route: the bytes of its body, read when the key has been found good.
Body = Annotated[bytes, Depends(_body)]
#: Those of a form, which a stranger may send to the login.
FormBody = Annotated[bytes, Depends(_form_body)]


def json_object(raw: bytes) -> dict[str, Any]:
    """The object of a body; raises HTTPException 400 for what is no JSON, InvalidRequest for another value."""
    try:
        value = json.loads(raw, object_pairs_hook=_each_name_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else encodable(str(error))
        raise HTTPException(400, f"The body is no JSON in UTF-8 ({said})") from None
    if not isinstance(value, dict):
        raise InvalidRequest("body", "must be one JSON object")
    return value


def by(request: Request, raw: bytes = b"") -> By:
    """Who asks, and why: the body may be empty, or {"reason": TEXT}; raises InvalidRequest."""
    fields = json_object(raw) if raw else {}
    return asked_by(request, fields)


def asked_by(request: Request, fields: dict[str, Any], *others: str) -> By:
    """The same of an object that may have other fields as well."""
    unknown = sorted(set(fields) - {"reason", *others})
    if unknown:
        raise InvalidRequest(
            encodable(unknown[0]), f"unknown field; there is {', '.join(('reason', *others))}"
        )
    reason = fields.get("reason")
    if reason is not None and not (isinstance(reason, str) and is_reason(reason)):
        raise InvalidRequest("reason", f"must be at most {MAX_REASON} printable characters on one line")
    return By.through(Door.KEY, request.state.key.name, (reason or "").strip() or None)


def validated(model: type[_Model], fields: dict[str, Any]) -> _Model:
    """What the fields are by this model; raises InvalidRequest for the first that is wrong."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = encodable(".".join(str(part) for part in first["loc"]))
        raise InvalidRequest(where, encodable(str(first["msg"]))) from None


def order_by(request: Request, raw: bytes, model: type[_Model]) -> tuple[By, _Model]:
    """Who orders something, why, and what of the model's fields; the body may be empty. Raises InvalidRequest."""
    fields = json_object(raw) if raw else {}
    who = asked_by(request, fields, *(name for name in model.model_fields if name != "reason"))
    return who, validated(model, fields)


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"an object has the name {reprlib.repr(name)} twice")
        found[name] = value
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")
