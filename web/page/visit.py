"""A person's visit: who looks, in which language, and what a form of theirs holds.

A form counts only if it comes from a page of ours: its Origin is this host, and it holds what the cookie holds that came with
the page, which no other site can read or set.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from config.api_keys import KeyScope
from config.language import Language
from config.texts import is_loopback
from releases.doors import MAX_REASON, Door, is_reason
from releases.errors import InvalidRequest
from releases.record import By
from web.bodies import FormBody
from web.login.person import Person
from web.refused import Refused

#: What a form has to show.
FORM_COOKIE, FORM_FIELD = "mprelease-form", "form"
LANGUAGE_COOKIE = "mprelease-language"
_TOKEN_BYTES = 32
_OURS: Mapping[str, Language] = {"en": "en", "zh": "zh", "*": "en"}
#: One of an Accept-Language header, without what is after the language.
_ACCEPTED = re.compile(
    r"(?:^|,)[ \t]*(?P<language>[a-z]{1,8}|\*)(?:-[a-z0-9-]*)?"
    r"[ \t]*(?:;[ \t]*q=(?P<weight>[01](?:\.[0-9]{0,3})?)[ \t]*)?(?=,|$)"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at a page."""

    person: Person | None
    language: Language
    token: str

    def may(self, scope: str) -> bool:
        """Whether the person may do what needs the scope."""
        return self.person is not None and self.person.may(KeyScope(scope))

    def by(self, reason: str = "") -> By:
        """Who asks for something, and why; raises InvalidRequest."""
        if not is_reason(reason):
            raise InvalidRequest("reason", f"must be at most {MAX_REASON} printable characters on one line")
        name = None if self.person is None else self.person.name
        return By.through(Door.USER, name, reason.strip() or None)


def visit_of(request: Request) -> Visit:
    """Who sends this."""
    person = getattr(request.state, "person", None)
    token = request.cookies.get(FORM_COOKIE, "")
    return Visit(person, _language(request), token or secrets.token_urlsafe(_TOKEN_BYTES))


def _language(request: Request) -> Language:
    asked = _OURS.get(request.cookies.get(LANGUAGE_COOKIE, ""))
    return asked or liked_best(request.headers.get("accept-language", ""))


def liked_best(accept_language: str) -> Language:
    """The one of ours that a browser likes best, of equal ones the first (RFC 9110, 12.5.4); English where it likes none."""
    best, most = _OURS["en"], 0.0
    for accepted in _ACCEPTED.finditer(accept_language.lower()):
        language, weight = _OURS.get(accepted["language"]), float(accepted["weight"] or 1)
        if language is not None and weight > most:
            best, most = language, weight
    return best


def remember(request: Request, response: Response, visit: Visit) -> None:
    """Have the browser send the form's token back, from pages of this host alone."""
    if request.cookies.get(FORM_COOKIE) != visit.token:
        keep(request, response, FORM_COOKIE, visit.token)


def keep(request: Request, response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie that no script reads and no other site sends; over TLS where the person came by it."""
    response.set_cookie(
        name, value, max_age=max_age, httponly=True, samesite="strict", secure=_is_tls(request), path="/"
    )


def _is_tls(request: Request) -> bool:
    """Whether the browser came by TLS, which ends before us: as it says, or the proxy. Nobody else's cookie is at stake.

    To a host other than the browser's own it tells what it fetches for over TLS alone (https://www.w3.org/TR/fetch-metadata).
    """
    headers = request.headers
    came_from = headers.get("origin") or headers.get("referer") or ""
    return "https" in {headers.get("x-forwarded-proto", "").lower(), _split(came_from).scheme} or (
        "sec-fetch-site" in headers and not is_loopback(request.url.hostname or "")
    )


async def _visit(request: Request) -> Visit:
    return visit_of(request)


#: A parameter of a screen.
Visiting = Annotated[Visit, Depends(_visit)]


def _form(request: Request, raw: FormBody) -> Mapping[str, str]:
    return form_of(request, raw)


def form_of(request: Request, raw: bytes) -> Mapping[str, str]:
    """The fields of a form of ours; raises HTTPException 403 where it came from anywhere else."""
    try:
        fields: dict[str, Any] = dict(
            parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw), max_num_fields=200)
        )
    except ValueError:
        raise HTTPException(400, "The form can't be read") from None
    _check_origin(request)
    token = request.cookies.get(FORM_COOKIE, "")
    if not token or not hmac.compare_digest(token.encode(), fields.pop(FORM_FIELD, "").encode()):
        _tell(request, "a form without the token of its page was refused")
        raise HTTPException(403, "This form is of no page that is open: open the page again, then send it")
    return fields


def _check_origin(request: Request) -> None:
    # Browsers send the second where the page came by TLS; it tells http:// of this very name from https:// as well.
    origin = _split(request.headers.get("origin", "")).netloc.lower()
    is_ours = origin == request.headers.get("host", "").lower()
    if not is_ours or request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        _tell(request, "a form with another page's Origin was refused")
        raise HTTPException(403, "This form came from another page than ours")


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:  # http://[
        return urlsplit("")


def _tell(request: Request, what: str) -> None:
    refused: Any = request.app.state.refused
    assert isinstance(refused, Refused)  # noqa: S101 - the factory sets it
    refused.tell(request, what)


#: A parameter of a screen that takes a form.
Form = Annotated[Mapping[str, str], Depends(_form)]
