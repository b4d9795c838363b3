"""The exporter's HTTP side: /metrics and /healthz, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    """No line for each scrape; and one that sends nothing does not hold its thread for ever."""

    timeout = 30

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the base's
        pass


def server(collector: Collector, host: str, port: int) -> ThreadingWSGIServer:
    """Return a server that listens already; port 0 is any free one."""
    collectors = CollectorRegistry()
    collectors.register(collector)
    made: ThreadingWSGIServer = make_server(
        host, port, _paths(make_wsgi_app(collectors)), ThreadingWSGIServer, handler_class=_Quiet
    )
    return made


def _paths(metrics: Any) -> WsgiApp:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            body: Iterable[bytes] = metrics(environ, start_response)
            return body
        # Well is who answers: whether Redis does is a metric, and no reason to start this process anew.
        status, text = (
            ("200 OK", b"ok\n") if path == "/healthz" else ("404 Not Found", b"/metrics, /healthz\n")
        )
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(text)))])
        return [text]

    return answer
