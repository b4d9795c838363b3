"""HTTP servers on loopback that do what a test tells them: byte by byte, or as a scripted WeChat."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

#: How long a trickling server waits between two bytes, in seconds.
TRICKLE_S = 0.02


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came over the wire; `connection` counts from 1."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def token(self) -> str:
        """The access token that it carries."""
        return self.query["access_token"][0]

    @property
    def fields(self) -> dict[str, Any]:
        """The body as JSON."""
        fields: dict[str, Any] = json.loads(self.body)
        return fields


class Connection:
    """The server's end of one connection."""

    def __init__(self, server: RawServer, sock: socket.socket, number: int) -> None:
        self._server = server
        self._sock = sock
        self._number = number

    def read(self) -> Request | None:
        """Return the next request, or None when the client hung up."""
        with self._sock.makefile("rb") as file:
            request_line = file.readline().decode().split()
            if not request_line:
                return None
            headers = {}
            while line := file.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = file.read(int(headers.get("content-length", 0)))
        request = Request(request_line[0], request_line[1], headers, body, self._number)
        self._server.requests.append(request)
        return request

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def trickle(self, data: bytes) -> None:
        """Send a byte at a time."""
        for value in data:
            self.send(bytes([value]))
            self.pause(TRICKLE_S)

    def pause(self, seconds: float) -> None:
        """Be slow, unless the test is over."""
        self._server.stopped.wait(seconds)

    def hang_up(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)

    def stay_silent(self) -> None:
        """Keep the connection open until the test is over."""
        self._server.stopped.wait()


Script = Callable[[Connection], None]


class RawServer(socketserver.ThreadingTCPServer):
    """Runs the script on every connection, each in a thread, and takes note of all requests."""

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._script = script
        self._tls = tls
        self._open: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.shutdown()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.server_close()
        self._thread.join()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Run the script; a client that hangs up ends it."""
        self._open.append(request)
        number = len(self._open)
        with suppress(OSError):
            if self._tls is None:
                self._script(Connection(self, request, number))
            else:
                with self._tls.wrap_socket(request, server_side=True) as wrapped:
                    self._script(Connection(self, wrapped, number))


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole answer as bytes."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body]
    return b"\r\n".join(lines)


def always(reply: bytes) -> Script:
    """Answer each request of a connection alike."""

    def script(connection: Connection) -> None:
        while connection.read() is not None:
            connection.send(reply)

    return script


def once(*parts: bytes) -> Script:
    """Answer one request, then hang up."""

    def script(connection: Connection) -> None:
        connection.read()
        for part in parts:
            connection.send(part)

    return script


class HangUp(Exception):
    """Raised by a reply: the connection ends without an answer."""


Fields = Mapping[str, Any]
#: Bytes are a file.
Reply = Fields | bytes | Callable[[Request], Fields]


#: The calls whose success has no errcode.
BARE = frozenset(
    f"/cgi-bin/component/{name}"
    for name in (
        "api_component_token",
        "api_authorizer_token",
        "api_get_authorizer_list",
        "modify_wxa_jump_domain",
    )
)


class ScriptedWeChat:
    """Answers each path with the replies given for it, in turn, the last one again and again.

    As WeChat does, it says errcode 0 where a reply has none, but for the token calls.
    """

    def __init__(self) -> None:
        self._replies: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self.server = RawServer(self._serve)
        self.url = self.server.url

    def on(self, path: str, *replies: Reply) -> None:
        self._replies[path] = list(replies)

    def calls(self, path: str) -> list[Request]:
        return [request for request in self.server.requests if request.path == path]

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read()) is not None:
            try:
                fields = self._reply(request)
            except HangUp:
                return
            body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
            connection.send(answer(body, b"Content-Type: application/json"))

    def _reply(self, request: Request) -> Fields | bytes:
        with self._lock:
            replies = self._replies.get(request.path)
            if replies is None:
                return {"errcode": -99, "errmsg": f"the test says nothing about {request.path}"}
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        fields = reply(request) if callable(reply) else reply
        if request.path in BARE or isinstance(fields, bytes):
            return fields
        return {"errcode": 0, **fields}


def issue(field: str, name: str) -> Callable[[Request], Fields]:
    """Issue the tokens NAME-1, NAME-2 …"""
    numbers = count(1)

    def reply(_: Request) -> Fields:
        return {field: f"{name}-{next(numbers)}", "expires_in": 7200, "authorizer_refresh_token": ""}

    return reply


def refusal(errcode: int) -> Fields:
    """Return the fields of a refusal, as WeChat words them."""
    return {"errcode": errcode, "errmsg": "refused rid: 65f0a1b2-3c4d5e6f-7a8b9c0d"}


def hang_up(_: Request) -> Fields:
    """A reply that never comes."""
    raise HangUp
