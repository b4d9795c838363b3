"""Who opens the page: whom a trusted proxy names, or whose cookie says that the password was right."""

from __future__ import annotations

import logging
from ipaddress import ip_address

from starlette.requests import Request

from config.sections.web import WebSettings, is_person
from web.login.person import Person, scope_of

log = logging.getLogger(__name__)


class People:
    """Tells who somebody is; nobody where the settings let no people in."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    def __bool__(self) -> bool:
        """Whether anybody can log in."""
        return self._settings.lets_people_in

    def person(self, request: Request) -> Person | None:
        """Who sends the request, None if nobody is known to."""
        return self._named_by_proxy(request)

    def _named_by_proxy(self, request: Request) -> Person | None:
        header = self._settings.proxy_user_header
        names = request.headers.getlist(header) if header else []
        if not names:
            return None
        if not self._is_trusted(request):
            log.warning("a header %s from an address that is no trusted proxy was not believed", header)
            return None
        # A second one is of somebody whom the proxy let through.
        if len(names) > 1 or not is_person(names[0]):
            log.warning("a proxy named nobody whom a history could name")
            return None
        may = scope_of(names[0], operators=self._settings.operators, publishers=self._settings.publishers)
        return Person(names[0], may)

    def _is_trusted(self, request: Request) -> bool:
        if request.client is None:
            return False
        try:
            address = ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self._settings.trusted_proxies)
