"""Tells in the log of requests that came with what was not theirs, and from where: never what they came with."""

from __future__ import annotations

import logging
import threading
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from web.budget import Budget

log = logging.getLogger(__name__)

#: Lines in a minute for each address, and seconds' worth of them at once.
LINES_PER_MINUTE, _BURST_S = 60, 30.0


def address_of(request: Request) -> str:
    """The other end of the connection; one of IPv4 as that. What a header says of it is what anybody can write."""
    host = request.client.host if request.client else "unknown"
    try:
        return str(IPv6Address(host).ipv4_mapped or host)
    except ValueError:
        return host


def neighbours_of(address: str) -> str:
    """What counts as one: in IPv6 whoever has one address has all of a network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


class Refused:
    """One line for each; of a flood some, with the number of those that were not told."""

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget(LINES_PER_MINUTE, burst_s=_BURST_S)
        self._lock = threading.Lock()
        self._untold = 0

    def tell(self, request: Request, what: str) -> None:
        """Log it."""
        address = address_of(request)
        with self._lock:
            if self._budget.take(neighbours_of(address)):
                self._untold += 1
                return
            untold, self._untold = self._untold, 0
        log.warning(what, extra={"address": address, **({"untold": untold} if untold else {})})
