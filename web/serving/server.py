"""How an ASGI app is served: on one socket, with our log lines, until somebody stops it."""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from web.serving.connections import Bounded, Connection, Connections, room
from worker.logs.lines import LineFormatter

#: Seconds that a request has left to end in when the process is stopped.
_GRACE_S = 10
#: Seconds after which a connection on which no request comes is closed.
_IDLE_S = 15
#: Seconds in which a client has to take what it is sent; a viewer's stream would wait for it for ever.
_TAKEN_WITHIN_S = 30
#: Bytes that a request's line and headers may have.
_MOST_OF_HEADERS = 16 * 1024


def listen(host: str, port: int) -> socket.socket:
    """Take the address; raises OSError where it can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=1024)
    # asyncio does so for sockets that say that they are TCP's, which those of create_server do not: each answer on a kept
    # connection took 40 ms longer, as long as the other side delays its acknowledgement. Who is accepted inherits it.
    # https://github.com/python/cpython/blob/3.11/Lib/asyncio/base_events.py#L190
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # The kernel cuts the connection then, which closing it would not: what was written for it would still have to go out.
    if sys.platform == "linux":
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TAKEN_WITHIN_S * 1000)
    return listening


def serve(
    app: ASGIApp, listening: socket.socket, *, log_format: str, end: Callable[[], None] | None = None
) -> None:
    """Answer until SIGTERM, and leave no request unanswered then; `end` is to end what would not by itself."""
    _log(log_format)
    connections = Connections(room())
    config = uvicorn.Config(
        Bounded(app, connections),
        log_config=None,
        access_log=False,  # each request has one line of ours
        server_header=False,
        proxy_headers=False,  # who is believed is decided where people log in
        ws="none",
        http=Connection,
        h11_max_incomplete_event_size=_MOST_OF_HEADERS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    # uvicorn raises the signal again when all is answered; a stop that was asked for is no failure.
    signal.signal(signal.SIGTERM, _end)
    _Server(config, connections, end or (lambda: None)).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says that it stops before it waits for all answers to end: a stream would not, and the app is told only after that.

    https://github.com/Kludex/uvicorn/issues/451
    """

    def __init__(self, config: uvicorn.Config, connections: Connections, end: Callable[[], None]) -> None:
        super().__init__(config)
        self.server_state = self._connections = connections
        self._end = end

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, after that."""
        self._end()
        self._connections.end()
        await super().shutdown(sockets)


def _log(log_format: str) -> None:
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(as_json=as_json))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # A full disk would be told on standard error for each line anew.
    logging.raiseExceptions = False


def _end(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
