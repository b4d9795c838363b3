"""What an operator looks at and switches besides: visits, filing, pictures."""

import struct
import zlib
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError

VISITS = {"close": 0, "open": 1}


def change_visitstatus(call: Call) -> dict[str, Any]:
    """Stop a Mini Program's service, or let it go on; once more changes nothing."""
    wanted = VISITS.get(str(call.body.get("action")))
    if wanted is None:
        raise WeChatError(85022)
    if wanted != call.mini.visit_status:
        call.mini.visit_status = wanted
        call.mini.effects["change_visitstatus"] += 1
    return {}


def getvisitstatus(call: Call) -> dict[str, Any]:
    """Tell whether it is in service (1) or not (0)."""
    return {"status": call.mini.visit_status}


def get_icp_entrance_info(call: Call) -> dict[str, Any]:
    """Tell how the filing with the regulator stands."""
    return {"info": call.mini.icp}


def get_material(call: Call) -> bytes:
    """Give a picture: those of the app's own audits are known, each looks different."""
    media_id = call.body.get("media_id")
    if not any(media_id in audit.pictures for audit in call.mini.audits):
        raise WeChatError(40007)
    return picture(str(media_id))


def picture(text: str) -> bytes:
    """Make a PNG of one grey dot that bears a text."""
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0),
        b"tEXt": b"Title\0" + text.encode(),
        b"IDAT": zlib.compress(b"\0\x80"),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts.items())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
