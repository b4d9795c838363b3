"""Where people log in with the password, and out."""

from __future__ import annotations

import logging
import math
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from config.sections.web import is_person
from web.login.attempts import Attempts
from web.login.people import People
from web.login.sessions import LASTS_S, SESSION_COOKIE
from web.page.addresses import own_path
from web.page.rendering import screen
from web.page.visit import FORM_COOKIE, Form, Visiting, keep
from web.page.words import N_
from web.refused import Refused, address_of

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

_WRONG = N_("This is not the password.")
_NO_NAME = N_("Write your name: at most 80 characters on one line. It stands beside what you do.")
_ANOTHERS = N_("Somebody of this name comes by the reverse proxy. Write another name.")
_TOO_MANY = N_("Too many tries. Try again in a minute.")


class Login:
    """What the login works with; one for an app."""

    def __init__(self, people: People, refused: Refused) -> None:
        self.people = people
        self.refused = refused
        self.attempts = Attempts()


async def _login(request: Request) -> Login:
    found: Any = request.app.state.login
    assert isinstance(found, Login)  # noqa: S101 - the factory sets it
    return found


TheLogin = Annotated[Login, Depends(_login)]


@router.get("/login")
async def form(request: Request, visit: Visiting, login: TheLogin, back: str = "/") -> Response:
    """Ask for name and password; whoever is known goes on."""
    if visit.person is not None:
        return RedirectResponse(own_path(back), 303)
    return _asked(request, login, back=back)


@router.post("/login")
async def log_in(request: Request, fields: Form, login: TheLogin) -> Response:
    """Begin a session."""
    sessions = login.people.sessions
    if sessions is None:
        raise HTTPException(403, "There is no password here: people come by a reverse proxy")
    name, back = fields.get("name", "").strip(), fields.get("back", "/")
    wait_s = login.attempts.take(address_of(request))
    if wait_s:
        login.refused.tell(request, "a login was refused after too many tries")
        answer = _asked(request, login, back=back, name=name, problem=_TOO_MANY, status=429)
        answer.headers["Retry-After"] = str(math.ceil(wait_s))
        return answer
    # Not the name: somebody may have written the password there.
    if not sessions.is_password(fields.get("password", "")):
        login.refused.tell(request, "a login with a wrong password was refused")
        return _asked(request, login, back=back, name=name, problem=_WRONG, status=403)
    if not is_person(name) or login.people.comes_by_proxy(name):
        problem = _ANOTHERS if login.people.comes_by_proxy(name) else _NO_NAME
        return _asked(request, login, back=back, name=name, problem=problem, status=422)
    log.info("a person logged in", extra={"caller": name, "address": address_of(request)})
    answer = RedirectResponse(own_path(back), 303)
    keep(request, answer, SESSION_COOKIE, sessions.begin(name), LASTS_S)
    # What a form showed before, of whomever that was, is worth nothing now.
    keep(request, answer, FORM_COOKIE, secrets.token_urlsafe())
    return answer


@router.post("/logout")
async def log_out(_fields: Form) -> Response:
    """Forget the session in this browser."""
    answer = RedirectResponse("/login", 303)
    for name in (SESSION_COOKIE, FORM_COOKIE):
        answer.delete_cookie(name, httponly=True, samesite="strict")
    return answer


def _asked(
    request: Request, login: Login, *, back: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    can_log_in = login.people.sessions is not None
    return screen(
        request,
        "login.html",
        status=status if can_log_in else 403,
        back=own_path(back),
        name=name,
        problem=problem,
        can_log_in=can_log_in,
    )
