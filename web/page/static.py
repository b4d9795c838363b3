"""Styles and scripts, which everybody may load."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

_FILES = Path(__file__).parent / "static"
#: Where they are; the gate asks nobody for a login there.
PREFIX = "/static/"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

router = APIRouter(include_in_schema=False)


@cache
def _content(name: str) -> bytes:
    return (_FILES / name).read_bytes()


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in _FILES.iterdir() if file.suffix in _TYPES)


def address(name: str) -> str:
    """Where a file is, with what it holds in its address, so that a browser can keep it."""
    return f"{PREFIX}{hashlib.sha256(_content(name)).hexdigest()[:12]}/{name}"


@router.get(PREFIX + "{digest}/{name}")
async def static(digest: str, name: str) -> Response:
    """Send one of them."""
    if name not in _names() or address(name) != f"{PREFIX}{digest}/{name}":
        raise HTTPException(404)
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_content(name), media_type=_TYPES[Path(name).suffix], headers=kept)
