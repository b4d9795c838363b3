"""Who opens the page: whom a trusted proxy names, or whose cookie says that the password was right."""

from __future__ import annotations

import unicodedata
from ipaddress import ip_address

from starlette.requests import Request

from config.sections.web import WebSettings, is_person
from web.login.person import Person, scope_of
from web.login.sessions import SESSION_COOKIE, Sessions
from web.refused import Refused, address_of


class People:
    """Tells who somebody is; nobody where the settings let no people in."""

    def __init__(self, settings: WebSettings, refused: Refused) -> None:
        self._settings = settings
        self._refused = refused
        password = settings.password.get_secret_value()
        #: None where there is no password.
        self.sessions = Sessions(password) if password else None

    def __bool__(self) -> bool:
        """Whether anybody can log in."""
        return self._settings.lets_people_in

    def person(self, request: Request) -> Person | None:
        """Who sends the request, None if nobody is known to. A header that is not believed takes nothing from a cookie."""
        return self._named_by_proxy(request) or self._with_session(request)

    def comes_by_proxy(self, name: str) -> bool:
        """Whether the settings let a proxy alone name somebody so: nobody else takes the name, or one that reads like it."""
        named = (*self._settings.operators, *self._settings.publishers)
        return _read(name) in map(_read, named)

    def _with_session(self, request: Request) -> Person | None:
        cookie = request.cookies.get(SESSION_COOKIE)
        if self.sessions is None or not cookie:
            return None
        name = self.sessions.name(cookie)
        if name is None:
            self._refused.tell(request, "a session's cookie that is old or not ours was refused")
            return None
        return Person(name, self._settings.of_password, has_session=True)

    def _named_by_proxy(self, request: Request) -> Person | None:
        header = self._settings.proxy_user_header
        names = request.headers.getlist(header) if header else []
        if not names:
            return None
        if not self._is_trusted(request):
            self._refused.tell(
                request, "a proxy's header from an address that is no trusted proxy was not believed"
            )
            return None
        # A second one is of somebody whom the proxy let through.
        name = _utf8(names[0]) if len(names) == 1 else ""
        if not is_person(name):
            self._refused.tell(request, "a proxy named nobody whom a history could name")
            return None
        may = scope_of(name, operators=self._settings.operators, publishers=self._settings.publishers)
        return Person(name, may)

    def _is_trusted(self, request: Request) -> bool:
        try:
            address = ip_address(address_of(request))
        except ValueError:
            return False
        return any(address in network for network in self._settings.trusted_proxies)


def _read(name: str) -> str:
    """A name without what readers do not tell apart in a history: case, width and blanks."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _utf8(header: str) -> str:
    """What proxies mean by the bytes of a header, which are read as Latin-1; nothing where they mean something else."""
    try:
        return header.encode("latin-1").decode()
    except ValueError:
        return ""
