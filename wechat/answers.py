"""Read an answer of WeChat by its body, whatever its status line and content type say.

Facts: business errors come with HTTP 200, JSON comes as text/plain, errcode is absent on success of
some calls, and a refusal can even be invalid JSON (an errmsg with unescaped quotes).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from wechat.errors import Refused, Unanswered

HTTP_OK = 200
#: Longest errmsg that is kept, in characters.
MAX_ERRMSG = 500

#: The digits have to end in the text: an answer that was cut may end within them.
_ERRCODE = re.compile(r'"errcode"\s*:\s*"?(-?[0-9]{1,18})"?\s*[,}]')
#: Up to the next field or the end of the object: quotes in between may be unescaped.
_ERRMSG = re.compile(r'"errmsg"\s*:\s*"(.*?)"\s*(?:,\s*"\w+"\s*:|\}\s*$)', re.DOTALL)
#: Names of fields that hold secrets, in whatever answer.
_SECRET_NAME = re.compile(r"token|ticket|secret", re.IGNORECASE)
_SECRET_FIELD = re.compile(r'("\w*(?:token|ticket|secret)\w*"\s*:\s*")[^"]*', re.IGNORECASE)
_RID = re.compile(r"rid:\s*([0-9A-Za-z-]+)")


def read_answer(
    endpoint: str,
    status: int,
    body: bytes,
    secrets: Iterable[str] = (),
    *,
    retry_after_s: float | None = None,
) -> dict[str, Any]:
    """Return the answer's fields, or raise Refused or Unanswered.

    `secrets` are the values sent with the call; a server that echoes one does not get it into errmsg.
    `retry_after_s` came with the answer; Unanswered carries it.
    """
    text = body.decode("utf-8-sig", errors="replace").strip()
    fields = _parse(text)
    if fields is None:
        fields = _salvage(text)
    if fields is None:
        raise Unanswered(endpoint, _describe(status, text), retry_after_s)
    errcode = _errcode(fields)
    if errcode is None:
        raise Unanswered(endpoint, f"HTTP {status} with an errcode that is no number", retry_after_s)
    if errcode != 0:
        # Only here: in the answer to a token call the secret that went out is the value that is wanted back.
        fields = _clean_fields(fields, secrets)
        errmsg = str(fields.get("errmsg", ""))
        fields["errmsg"] = errmsg[:MAX_ERRMSG]
        raise Refused(endpoint, errcode, errmsg[:MAX_ERRMSG], rid_of(errmsg), fields)
    if status != HTTP_OK:
        raise Unanswered(endpoint, f"HTTP {status}", retry_after_s)
    return fields


def rid_of(errmsg: str) -> str | None:
    """Return the tracing id that WeChat's support asks for; it stands inside errmsg."""
    found = _RID.search(errmsg)
    return found.group(1) if found else None


def _parse(text: str) -> dict[str, Any] | None:
    try:
        # Not strict: a raw newline inside a string is among what has been seen.
        fields = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _salvage(text: str) -> dict[str, Any] | None:
    """Find the errcode in invalid JSON. A 0 there proves nothing: the rest could not be read."""
    found = _ERRCODE.search(text)
    if found is None or int(found.group(1)) == 0:
        return None
    # One look from the first errmsg on: a search would start anew at each one, to the end.
    start = text.find('"errmsg"')
    errmsg = _ERRMSG.match(text, start) if start >= 0 else None
    return {
        "errcode": int(found.group(1)),
        "errmsg": errmsg.group(1) if errmsg else _SECRET_FIELD.sub(r"\1***", text),
    }


def _errcode(fields: dict[str, Any]) -> int | None:
    errcode = fields.get("errcode")
    if errcode is None:
        return 0
    if isinstance(errcode, float) and not errcode.is_integer():
        return None
    try:
        return int(errcode)
    except (TypeError, ValueError, OverflowError):
        return None


def _describe(status: int, text: str) -> str:
    if not text:
        return f"HTTP {status} with an empty body"
    kind = "HTML" if text.startswith("<") else "a body that is no JSON object"
    return f"HTTP {status} with {kind} ({len(text)} characters)"


def _clean_fields(fields: dict[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    try:
        cleaned: dict[str, Any] = _clean(fields, tuple(filter(None, secrets)))
    except RecursionError:
        return {}
    return cleaned


def _clean(value: Any, secrets: tuple[str, ...]) -> Any:
    """Mask secrets wherever they stand and fields that are named like one, and replace what UTF-8 cannot hold (half of a surrogate pair)."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {
            _clean(name, secrets): "***" if _SECRET_NAME.search(name) else _clean(item, secrets)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_clean(item, secrets) for item in value]
    return value
