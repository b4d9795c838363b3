"""One HTTP request to WeChat, taken apart far enough to know whom it concerns."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from simulator.api.endpoint import NO_TOKEN, Endpoint
from simulator.api.errors import WeChatError
from simulator.world.tokens import COMPONENT
from simulator.world.world import World

#: A \uXXXX of the outer document; one inside ext_json's own text has its backslash doubled.
_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u([0-9a-fA-F]{4})")
_LAST_ASCII = 0x7F


@dataclass(slots=True)
class Visit:
    """A request with its body parsed, or with the reason why it cannot be."""

    endpoint: Endpoint
    method: str
    #: The query, without the token.
    query: dict[str, str]
    token: str
    raw: bytes
    body: dict[str, Any] | None = field(init=False)
    body_problem: int = field(init=False)

    def __post_init__(self) -> None:
        self.body, self.body_problem = _parse(self.raw)

    @property
    def said(self) -> dict[str, Any] | None:
        """Give the body or, of a GET, what the query says besides the token."""
        return (self.query or None) if self.method == "GET" else self.body

    @property
    def action(self) -> str | None:
        """Give the action of modify_domain and its like."""
        action = (self.said or {}).get("action")
        return action if isinstance(action, str) else None

    def appid(self, world: World) -> str | None:
        """Tell which Mini Program, or the platform, this request is about."""
        body = self.body or {}
        if self.endpoint.token in (NO_TOKEN, COMPONENT):
            appid = body.get("authorizer_appid") or body.get("component_appid")
            if isinstance(appid, str):
                return appid
        return world.tokens.owner(self.token)

    def check_body(self, *, strict_encoding: bool) -> dict[str, Any]:
        """Give the body of a POST, or refuse it."""
        if self.method == "GET":
            return {}
        if self.body is None:
            raise WeChatError(self.body_problem)
        if strict_encoding and b"\\u" in self.raw and _has_escapes(self.raw):
            raise WeChatError(47002)
        return self.body


def visit_of(endpoint: Endpoint, method: str, query: str, raw: bytes) -> Visit:
    """Take the request apart; the component's token has two names."""
    said = dict(parse_qsl(query))
    tokens = {name: said.pop(name, "") for name in ("component_access_token", "access_token")}
    is_components = endpoint.token == COMPONENT and tokens["component_access_token"]
    return Visit(
        endpoint, method, said, tokens["component_access_token" if is_components else "access_token"], raw
    )


def _parse(raw: bytes) -> tuple[dict[str, Any] | None, int]:
    if not raw:
        return None, 44002
    try:
        body = json.loads(raw)
    except ValueError:
        return None, 47001
    return (body, 0) if isinstance(body, dict) else (None, 47001)


def _has_escapes(raw: bytes) -> bool:
    return any(int(digits, 16) > _LAST_ASCII for digits in _ESCAPE.findall(raw))
