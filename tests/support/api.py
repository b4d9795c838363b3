"""The HTTP API as a process, and a client of it."""

import hashlib
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from cli.demo.processes import stop
from tests.support import forks
from tests.support.workers import wait_for

#: A key for each scope, named like it.
SCOPES = ("read", "operate", "publish", "tokens")
KEYS = {scope: f"mpr_not-to-be-guessed-{scope}" for scope in SCOPES}


def setting(keys: Mapping[str, str] = KEYS) -> str:
    """MPRELEASE_WEB__KEYS for keys that are named like their scope."""
    digests = {scope: hashlib.sha256(key.encode()).hexdigest() for scope, key in keys.items()}
    return ",".join(f"{scope}:{scope}:{digest}" for scope, digest in digests.items())


@dataclass
class Api:
    """A server that runs, and its log."""

    url: str
    process: forks.Process
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def base(self) -> str:
        """What all routes but two begin with."""
        return f"{self.url}/api/v1"

    def ask(
        self, method: str, path: str, *, scope: str | None = "operate", **options: Any
    ) -> requests.Response:
        """Call a route with the key of this name, or with none."""
        headers = {} if scope is None else {"Authorization": f"Bearer {KEYS[scope]}"}
        where = f"{self.url}{path}" if path == "/openapi.json" else f"{self.base}{path}"
        options["headers"] = {**headers, **options.get("headers", {})}
        return self.session.request(method, where, **{"timeout": 30, **options})

    def get(self, path: str, **query: Any) -> Any:
        """What a GET is answered."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, document: object = None, code: int = 200) -> Any:
        """What a POST is answered, which has to be with this code."""
        answer = self.ask("POST", path, json=document)
        assert answer.status_code == code, answer.text
        return answer.json()

    def text(self) -> str:
        """What it has logged so far."""
        return self.log.read_text()

    def stop(self) -> int:
        """Ask it to stop; returns how it ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def running(environment: Mapping[str, str], directory: Path, *options: str) -> Iterator[Api]:
    """Run `mprelease web` with the keys above."""
    log = directory / "web.log"
    with log.open("wb") as output, Path(os.devnull).open("rb") as nothing:
        process = forks.start(
            ["web", "--port", "0", *options],
            environment={"MPRELEASE_WEB__KEYS": setting(), **environment},
            directory=directory,
            files=(nothing, output, output),
            session=True,
        )
    try:
        api = Api(wait_for(lambda: _url(process, log)), process, log)
        wait_for(lambda: "startup complete" in api.text())
        with api.session:
            yield api
    finally:
        stop(process)


def _url(process: forks.Process, log: Path) -> str:
    told = log.read_text()
    assert process.poll() is None, told
    first, end, _ = told.partition("/api/v1\n")
    return first.rpartition(" ")[2] if end else ""


def walked(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path below /api/v1 and description of each route of an OpenAPI document."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path.removeprefix("/api/v1"), operation
