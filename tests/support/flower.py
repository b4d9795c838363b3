"""Flower as the compose file runs it: with our options and our app."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from cli.demo.processes import stop
from cli.demo.redis import free_port
from tests.support.workers import ROOT, wait_for

IS_INSTALLED = importlib.util.find_spec("flower") is not None
WHY_SKIPPED = "Flower is not installed: it is the extra `flower`"
LOGIN = ("ops", "not-to-be-guessed")
COMMAND = [sys.executable, "-m", "celery", "-A", "worker", "flower", "--conf=config/flower.py"]


@dataclass
class Flower:
    """Flower, and where it is."""

    url: str
    state: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    def status(self, path: str, login: tuple[str, str] | None = None, method: str = "GET") -> int:
        """The status code of a page."""
        return requests.request(method, self.url + path, auth=login, timeout=5).status_code

    def is_up(self) -> bool:
        """Whether it answers."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.status("/healthcheck") == 200
        except requests.ConnectionError:
            return False


def environment(directory: Path, redis_url: str, **settings: str) -> dict[str, str]:
    """What Flower is started with, and nothing of this machine."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("MPRELEASE_", "FLOWER_"))
    }
    return {
        **inherited,
        "MPRELEASE_SECRETS_DIR": str(directory),
        "MPRELEASE_REDIS__URL": redis_url,
        "FLOWER_DB": str(directory / "state"),
        **settings,
    }


@contextmanager
def running(directory: Path, redis_url: str, **settings: str) -> Iterator[Flower]:
    """Run it for the length of the block, on a port of its own."""
    (directory / "flower_login").write_text(":".join(LOGIN))
    port = free_port()
    log = directory / "flower.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, f"--port={port}"],
            cwd=ROOT,
            env=environment(directory, redis_url, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    flower = Flower(f"http://127.0.0.1:{port}", directory / "state", log, process)
    try:
        wait_for(flower.is_up, patience_s=30)
        yield flower
    finally:
        stop(process, timeout_s=20)
