"""Requests in numbers, for Prometheus: counted in this process, by route and status. No label is what a client chose."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import Scope

_METHODS = ("GET", "POST")
_OTHER = "other"


class RequestMetrics:
    """What has been answered since the process began. Used by one thread."""

    def __init__(self) -> None:
        self._counted = CollectorRegistry()
        self._requests = Counter(
            "mprelease_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self._counted,
        )
        self._seconds = Histogram(
            "mprelease_http_request_seconds",
            "How long requests took.",
            ("method", "route"),
            registry=self._counted,
        )

    def observe(self, scope: Scope, status: int | None, seconds: float) -> None:
        """Count a request that is over; without a status it was cut."""
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        route = getattr(scope.get("route"), "path", _OTHER)
        self._requests.labels(method, route, str(status or _OTHER)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._counted)
