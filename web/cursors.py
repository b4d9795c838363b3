"""Where a page ended, as a client hands it back: opaque to it, and good for as long as there are releases."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from releases.errors import InvalidRequest
from releases.store.newest import Position

#: Longer ones are not looked at.
_LONGEST = 500


def cursor_of(position: Position | None) -> str | None:
    """The cursor of a page that ended there."""
    if position is None:
        return None
    text = json.dumps([position.created, position.id], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(cursor: str | None) -> Position | None:
    """Where the page before ended; raises InvalidRequest."""
    if cursor is None:
        return None
    try:
        match _decoded(cursor):
            case [float(created), str(name)] if math.isfinite(created):
                return Position(created, name)
    except (ValueError, RecursionError):
        pass
    raise InvalidRequest("cursor", "is none of ours: take `next` of the page before, or leave it out")


def _decoded(cursor: str) -> Any:
    if len(cursor) > _LONGEST or not cursor.isascii():
        raise ValueError("too long, or no base64")
    return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
