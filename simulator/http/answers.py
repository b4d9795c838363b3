"""Answers as WeChat words them: compact JSON in UTF-8, and a tracing id behind each error text."""

import json
import secrets
from typing import Any

from simulator.api.errors import MESSAGES

JSON_TYPE = "application/json; encoding=utf-8"
PICTURE_TYPE = "image/png"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(document: Any) -> bytes:
    """Serialise as WeChat does, non-ASCII characters unescaped; a picture is bytes already."""
    return document if isinstance(document, bytes) else _encode(document).encode()


def rid() -> str:
    """Invent a tracing id of WeChat's shape."""
    digits = secrets.token_hex(12)
    return f"{digits[:8]}-{digits[8:16]}-{digits[16:]}"


def refusal(errcode: int, fields: dict[str, Any] | None = None, errmsg: str | None = None) -> dict[str, Any]:
    """Word a refusal, with the rid that support asks for."""
    text = MESSAGES.get(errcode, "refused") if errmsg is None else errmsg
    return {"errcode": errcode, "errmsg": f"{text} rid: {rid()}", **(fields or {})}


def success(fields: dict[str, Any]) -> dict[str, Any]:
    """Word a success of all but the token endpoints."""
    return {"errcode": 0, "errmsg": "ok", **fields}
