"""Connections that wait for the other end, for a whole request or to take its answer, take nothing from those that wait for us.

uvicorn times only those that were answered before, until their next byte, and counts all as requests at the same time: so many
that stay silent, and nobody is answered.
https://github.com/Kludex/uvicorn/issues/157
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

#: Requests at the same time; more are answered 503 at once.
MOST_AT_ONCE = 500
#: Files that this process may have open, where the system lets it; and the part of them for connections that wait.
_MOST_FILES, _PART = 4096, 4


def room() -> int:
    """For how many connections that wait there is room, when as many files may be open as can be had."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most // _PART


class Connections(ServerState):
    """Those on which we have something to do, as uvicorn's `connections`; and the others, oldest first."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self._room = room
        self._silent: dict[Connection, None] = {}
        self._is_ending = False

    def is_silent(self, connection: Connection) -> None:
        """It is its turn. The oldest of these loses its place where there are too many: whoever means it is quick."""
        if self._is_ending:
            return
        self.connections.discard(connection)
        self._silent.setdefault(connection)
        if len(self._silent) > self._room:
            oldest = next(iter(self._silent))
            self.is_over(oldest)
            oldest.transport.abort()

    def is_busy(self, connection: Connection) -> None:
        """It is our turn."""
        self._silent.pop(connection, None)
        self.connections.add(connection)

    def is_over(self, connection: Connection) -> None:
        """It is closed."""
        self._silent.pop(connection, None)
        self.connections.discard(connection)

    def end(self) -> None:
        """Have uvicorn close all of them, and wait until everything is sent."""
        self._is_ending = True
        self.connections.update(self._silent)


class Connection(H11Protocol):
    """Has `timeout_keep_alive` for the head of each request, whatever comes of it; what reads a body bounds its time."""

    server_state: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )
        self.server_state.is_silent(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # uvicorn's own leaves it where the connection was reset
        self.server_state.is_over(self)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's own does it, which lets whoever sends anything begin to wait anew."""
        self.conn.receive_data(data)
        self.handle_events()

    def handle_events(self) -> None:
        """What has come may be the end of a request."""
        super().handle_events()
        self._tell()

    def on_response_complete(self) -> None:
        """Nothing has come of the next one."""
        super().on_response_complete()
        self._tell()

    def pause_writing(self) -> None:
        """So much was written that the other end has to take some of it."""
        super().pause_writing()
        self._tell()

    def resume_writing(self) -> None:
        """It did."""
        super().resume_writing()
        self._tell()

    def _tell(self) -> None:
        is_whole = self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete
        if is_whole and not self.flow.write_paused:
            self.server_state.is_busy(self)
        else:
            self.server_state.is_silent(self)


class Bounded:
    """An app that answers so many requests at the same time, where uvicorn's own bound counts connections."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._app = app
        self._connections = connections.connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one, or say that there are too many."""
        app: Any = self._app
        if scope["type"] == "http" and len(self._connections) > MOST_AT_ONCE:
            app = PlainTextResponse("Service Unavailable", 503, {"Connection": "close", "Retry-After": "1"})
        await app(scope, receive, send)
