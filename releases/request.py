"""A request to release one version to one Mini Program, checked before anything is enqueued."""

from __future__ import annotations

import json
import re
import reprlib
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from releases.appid import APPID
from releases.errors import InvalidRequest
from wechat.domains import SCHEMES, Domains, InvalidDomain

#: Longest user_version that WeChat takes, and name of a wave, in characters.
LONGEST_NAME = 64
LONGEST_LABEL = 80
#: Deepest nesting of ext and audit; json.dumps has its own limit far above it.
MAX_DEPTH = 50
#: Categories of Unicode: control characters, separators of lines and paragraphs.
_CONTROLS = ("Cc", "Zl", "Zp")
#: The marks that change the direction of text, so that it shows as another.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _as_utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no UTF-8") from None
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable characters on one line")
    return text


def _plain(text: str) -> str:
    if any(unicodedata.category(sign) in _CONTROLS or sign in _DIRECTIONS for sign in text):
        raise ValueError("holds a line break, or another character that controls how text is shown")
    return text


def _is_json(value: dict[str, Any]) -> dict[str, Any]:
    if _depth(value) > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no UTF-8") from None
    except (TypeError, ValueError):
        raise ValueError("holds a value that JSON does not have (NaN or Infinity)") from None
    return value


def _with_offset(value: Any) -> datetime:
    """A number says nothing of what it counts, and a time without an offset is another one on each machine."""
    if not isinstance(value, str | datetime):
        raise ValueError("is no text")  # noqa: TRY004 - pydantic turns a ValueError into what is wrong with the field
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.utcoffset() is None:
        raise ValueError("has no offset from UTC")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of the range of dates") from None


def _depth(value: Any, limit: int = MAX_DEPTH + 1) -> int:
    if limit == 0 or not isinstance(value, dict | list):
        return 0
    children = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(child, limit - 1) for child in children), default=0)


def _domains(value: dict[str, list[str]] | None) -> dict[str, list[str]] | None:
    if value is None:
        return None
    for name in value:
        _as_utf8(name)
    wanted = Domains.wanted(value)
    if not wanted.server:
        raise ValueError("names no server domain; leave it out to take the platform's own lists")
    return wanted.as_dict()


Text = Annotated[StrictStr, AfterValidator(_as_utf8)]
Name = Annotated[Text, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_not_blank)]
Label = Annotated[
    Text, Field(min_length=1, max_length=LONGEST_LABEL), AfterValidator(_not_blank), AfterValidator(_plain)
]
Time = Annotated[datetime, BeforeValidator(_with_offset)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_is_json)]


class ReleaseRequest(BaseModel):
    """The request fields of the contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    appid: Annotated[StrictStr, Field(pattern=f"^{APPID}$")]
    template_id: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    user_version: Annotated[Name, AfterValidator(_printable)]
    user_desc: Annotated[Text, AfterValidator(_plain)]
    ext: JsonObject = {}
    audit: JsonObject = {}
    wave: Annotated[Name, AfterValidator(_printable)] | None = None
    domains: Annotated[dict[str, list[str]] | None, AfterValidator(_domains)] = None
    supersede: StrictBool = False
    withdraw: StrictBool = False
    again: StrictBool = False
    urgent: StrictBool = False
    publish: Literal["manual", "auto"] = "manual"
    at: Time | None = None
    label: Label | None = None


#: What would be right, for each field.
RIGHT = {
    "appid": "wx and 16 letters or digits, such as wx0123456789abcdef",
    "template_id": "a whole number from the template list, such as 12",
    "user_version": f"1 to {LONGEST_NAME} printable characters, such as 1.4.2",
    "user_desc": "a text that says what changed, on one line",
    "ext": 'a JSON object, such as {"extAppid": "wx0123456789abcdef", "ext": {}}',
    "audit": 'a JSON object with submit_audit\'s optional fields, such as {"version_desc": "…"}',
    "wave": f"1 to {LONGEST_NAME} printable characters",
    "domains": 'an object of lists, such as {{"requestdomain": ["https://api.example.com"]}}; '
    f"the lists are {', '.join(SCHEMES)}".replace("{{", "{").replace("}}", "}"),
    "supersede": "true or false",
    "withdraw": "true or false",
    "again": "true or false",
    "urgent": "true or false",
    "publish": 'manual or auto ("auto": published as soon as the audit has passed)',
    "at": "a time with its offset, such as 2026-12-01T02:00:00+08:00",
    "label": f"1 to {LONGEST_LABEL} characters on one line, such as the merchant's name",
}


def parse_request(fields: Mapping[str, Any]) -> ReleaseRequest:
    """Check a request; raises InvalidRequest(field, problem) for the first thing that is wrong."""
    try:
        return ReleaseRequest.model_validate(dict(fields))
    except ValidationError as error:
        # Unknown names first: a misspelt field explains a missing one.
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise _invalid(first) from None
    except InvalidDomain as error:
        raise InvalidRequest(encodable(f"domains.{error.list_name}"), encodable(error.problem)) from None


def _invalid(problem: ErrorDetails) -> InvalidRequest:
    name = str(problem["loc"][0]) if problem["loc"] else "request"
    where = encodable(".".join(str(part) for part in problem["loc"]) or name)
    right = RIGHT.get(name, "one of the fields' names, in UTF-8")
    if problem["type"] == "extra_forbidden":
        return InvalidRequest(
            where, f"unknown field; {_meant(name)} fields are {', '.join(ReleaseRequest.model_fields)}"
        )
    inner = problem.get("ctx", {}).get("error")
    if isinstance(inner, InvalidDomain):
        return InvalidRequest(encodable(f"domains.{inner.list_name}"), encodable(inner.problem))
    if problem["type"] == "missing":
        return InvalidRequest(where, f"is missing; must be {right}")
    return InvalidRequest(where, f"{_reason(problem)}; must be {right}")


def _meant(name: str) -> str:
    # As table programs and other languages spell it: `Template ID`, `templateId`.
    spelt = re.sub(r"[\s-]+|(?<=[a-z])(?=[A-Z])", "_", name.strip()).lower()
    close = get_close_matches(spelt, ReleaseRequest.model_fields, n=1)
    return f"did you mean {close[0]}? The" if close else "the"


def encodable(text: str) -> str:
    """The text, with what UTF-8 can't hold (half of a surrogate pair) replaced."""
    return text.encode(errors="replace").decode()


def _reason(problem: ErrorDetails) -> str:
    # Not the whole value: it may be large, and nested deeper than repr can go.
    shown = encodable(reprlib.repr(problem["input"]))
    if problem["type"] == "value_error":
        return f"{shown} {problem['msg'].removeprefix('Value error, ')}"
    return f"{shown} is not right"
