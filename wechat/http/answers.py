"""Read an answer of WeChat by its body, whatever its status line and content type say.

Facts: business errors come with HTTP 200, JSON comes as text/plain, and a refusal can even be invalid JSON
(an errmsg with unescaped quotes).

What counts as an answer: a JSON object with one errcode of its own, a whole number. Only few calls leave it
out on success; their answer then has to carry the field that the call is for. Anything else was said by somebody
between us and WeChat: a gateway's `{"code":50000}` or `{}` says nothing about what WeChat did, and neither does an
unknown errcode under the status of an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any

from wechat.errcodes.table import TABLE
from wechat.errors import Refused, Unanswered

HTTP_OK = 200
#: The calls whose success may have no errcode, and the field that it has instead.
WITHOUT_ERRCODE: Mapping[str, str] = MappingProxyType(
    {
        "/cgi-bin/component/api_component_token": "component_access_token",
        "/cgi-bin/component/api_authorizer_token": "authorizer_access_token",
        "/cgi-bin/component/api_get_authorizer_list": "list",
        "/cgi-bin/component/api_query_auth": "authorization_info",
        # https://developers.weixin.qq.com/community/develop/doc/000ccaa0a2c78021e5518ab4c6ac00
        "/cgi-bin/component/modify_wxa_jump_domain": "testing_wxa_jump_h5_domain",
    }
)
#: Longest errmsg that is kept, in characters.
MAX_ERRMSG = 500

#: So much of an answer that can't be read stands for its errmsg; secrets are looked for in no more, which takes its square.
_MAX_SALVAGED = 8 * MAX_ERRMSG

#: What may stand before JSON or a page: blanks, and a byte order mark.
_BLANKS = b" \t\r\n\xef\xbb\xbf"

#: The digits have to end in the text: an answer that was cut may end within them.
_ERRCODE = re.compile(r'"errcode"\s*:\s*"?(-?[0-9]{1,18})"?\s*[,}]')
#: Up to the next field or the end of the object: quotes in between may be unescaped.
_ERRMSG = re.compile(r'"errmsg"\s*:\s*"(.*?)"\s*(?:,\s*"\w+"\s*:|\}\s*$)', re.DOTALL)
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
#: Names of fields that hold secrets, in whatever answer.
_SECRET_NAME = re.compile(r"token|ticket|secret", re.IGNORECASE)
_SECRET_FIELD = re.compile(r'("\w*(?:token|ticket|secret)\w*"\s*:\s*")[^"]*', re.IGNORECASE)
_RID = re.compile(r"rid:\s*([0-9A-Za-z-]+)")


def read_answer(
    endpoint: str,
    status: int,
    body: bytes,
    secrets: Iterable[str] = (),
    retry_after_s: float | None = None,
) -> dict[str, Any]:
    """Return the answer's fields, or raise Refused or Unanswered.

    `secrets` are the values sent with the call; a server that echoes one does not get it into errmsg.
    `retry_after_s` came with the answer; the error carries it.
    """
    text = body.decode("utf-8-sig", errors="replace").strip()
    fields = _parse(text)
    if fields is None:
        fields = _salvage(text)
    if fields is None:
        raise Unanswered(endpoint, _describe(status, text), retry_after_s)
    errcode = _errcode(fields, WITHOUT_ERRCODE.get(endpoint))
    if errcode is None:
        is_there = fields.get("errcode") is not None
        problem = "an errcode that is no number" if is_there else "JSON that has no errcode"
        raise Unanswered(endpoint, f"HTTP {status} with {problem}", retry_after_s)
    if errcode != 0 and status != HTTP_OK and errcode not in TABLE:
        # WeChat refuses under 200; under another status only what is known to be its own is not a gateway's.
        raise Unanswered(
            endpoint, f"HTTP {status} with errcode {errcode}, which is none of WeChat's", retry_after_s
        )
    if errcode != 0:
        # Only here: in the answer to a token call the secret that went out is the value that is wanted back.
        fields = _clean_fields(fields, secrets)
        errmsg = str(fields.get("errmsg", ""))
        fields["errmsg"] = errmsg[:MAX_ERRMSG]
        raise Refused(endpoint, errcode, errmsg[:MAX_ERRMSG], rid_of(errmsg), fields, retry_after_s)
    if status != HTTP_OK:
        raise Unanswered(endpoint, f"HTTP {status}", retry_after_s)
    return fields


def read_file(
    endpoint: str,
    status: int,
    body: bytes,
    secrets: Iterable[str] = (),
    retry_after_s: float | None = None,
) -> bytes:
    """Return the file that the answer is; JSON is a refusal, and a page was put there by somebody between us and WeChat."""
    if status == HTTP_OK and body and not body.lstrip(_BLANKS).startswith((b"{", b"[", b"<")):
        return body
    read_answer(endpoint, status, body, secrets, retry_after_s)
    raise Unanswered(endpoint, f"HTTP {status} with JSON instead of a file", retry_after_s)


def rid_of(errmsg: str) -> str | None:
    """Return the tracing id that WeChat's support asks for; it stands inside errmsg."""
    found = _RID.search(errmsg)
    return found.group(1) if found else None


def _parse(text: str) -> dict[str, Any] | None:
    try:
        # Not strict: a raw newline inside a string is among what has been seen.
        fields = json.loads(text, strict=False, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as json makes it; one that says errcode twice is not to be believed either time."""
    fields = dict(pairs)
    if len(fields) != len(pairs) and sum(name == "errcode" for name, _ in pairs) > 1:
        raise ValueError("errcode twice")
    return fields


def _salvage(text: str) -> dict[str, Any] | None:
    """Find the errcode in invalid JSON. A 0 there proves nothing: the rest could not be read.

    Neither does a second one, or one that stands in an object within the object.
    """
    all_found = list(islice(_ERRCODE.finditer(text), 2))
    if len(all_found) != 1 or int(all_found[0].group(1)) == 0:
        return None
    found = all_found[0]
    if not text.startswith("{") or text.count("{", 0, found.start()) - text.count("}", 0, found.start()) != 1:
        return None
    # One look from the first errmsg on: a search would start anew at each one, to the end.
    start = text.find('"errmsg"')
    errmsg = _ERRMSG.match(text, start) if start >= 0 else None
    return {
        "errcode": int(found.group(1)),
        "errmsg": errmsg.group(1) if errmsg else _SECRET_FIELD.sub(r"\1***", text[:_MAX_SALVAGED]),
    }


def _errcode(fields: dict[str, Any], proof: str | None) -> int | None:
    errcode = fields.get("errcode")
    if errcode is None:
        return 0 if proof is not None and fields.get(proof) is not None else None
    if isinstance(errcode, str):
        return int(errcode) if _WHOLE_NUMBER.fullmatch(errcode) else None
    # True and False are integers to Python.
    if isinstance(errcode, int) and not isinstance(errcode, bool):
        return errcode
    return int(errcode) if isinstance(errcode, float) and errcode.is_integer() else None


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
