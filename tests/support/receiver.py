"""A program that is told by webhook: it verifies what comes, drops lower revisions, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

KEY = b"0123456789abcdef0123456789abcdef"
SECRET = f"whsec_{b64encode(KEY).decode()}"
#: Whoever knows it is let in by it.
PATH = "/hooks/7d1c0f2e-known-to-few"


@dataclass(frozen=True)
class Answer:
    """What the endpoint says; `body` is sent part by part until it ends, or nobody reads."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Iterator[bytes]] | None = None


class Receiver:
    """Keeps the newest state of each release and wave. `answer` is asked for each message, which it may look at."""

    def __init__(self, port: int = 0) -> None:
        self.answer: Callable[[dict[str, Any]], Answer] = lambda message: Answer()
        self.messages: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.releases: dict[str, dict[str, Any]] = {}
        self.waves: dict[str, dict[str, Any]] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.connections = 0
        self._lock = threading.Lock()
        self.server = _Server(("127.0.0.1", port), _handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{PATH}"

    def take(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """A message has come; raises WebhookVerificationError where it is not signed."""
        Webhook(SECRET).verify(body, dict(headers))
        message: dict[str, Any] = json.loads(body)
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.messages.append(message)
            self.headers.append({name.lower(): value for name, value in headers.items()})
        answer = self.answer(message)
        with self._lock:
            self.at_once -= 1
            if answer.status < 300:
                self._keep(message)
        return answer

    def _keep(self, message: dict[str, Any]) -> None:
        """The rule that a receiver needs: what has a lower revision than what is known is dropped."""
        data = message["data"]
        known, name = (
            (self.releases, data["id"])
            if message["type"] == "release.changed"
            else (self.waves, data["wave"])
        )
        if data["revision"] >= known.get(name, data)["revision"]:
            known[name] = data


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up in the middle is no news here."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            receiver.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path.partition("?")[0] == PATH
            answer = receiver.take(dict(self.headers.items()), body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.body is None and answer.status != 204:
                self.send_header("Content-Length", "0")
            self.end_headers()
            with suppress(OSError):
                for part in answer.body() if answer.body else ():
                    self.wfile.write(part)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver(port)
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
