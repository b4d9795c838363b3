"""Flower as the compose file runs it: with our options, our app and a real Redis."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.structure.files import asks
from tests.workers import ROOT, wait_for
from worker.embedded_redis import embedded_redis, free_port
from worker.processes import stop

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("flower") is None, reason="Flower is not installed: it is the extra `flower`"
)

LOGIN = ("ops", "not-to-be-guessed")
COMMAND = [sys.executable, "-m", "celery", "-A", "worker", "flower", "--conf=config/flower.py"]


@dataclass
class Flower:
    url: str
    state: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    def status(self, path: str, login: tuple[str, str] | None = None, method: str = "GET") -> int:
        return requests.request(method, self.url + path, auth=login, timeout=5).status_code

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.status("/healthcheck") == 200
        except requests.ConnectionError:
            return False


def environment(directory: Path, redis_url: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("MPRELEASE_", "FLOWER_"))
    }
    return {
        **inherited,
        "MPRELEASE_SECRETS_DIR": str(directory),
        "MPRELEASE_REDIS__URL": redis_url,
        "FLOWER_DB": str(directory / "state"),
    }


@contextmanager
def running(directory: Path, redis_url: str) -> Iterator[Flower]:
    (directory / "flower_login").write_text(":".join(LOGIN))
    port = free_port()
    log = directory / "flower.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, f"--port={port}"],
            cwd=ROOT,
            env=environment(directory, redis_url),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    flower = Flower(f"http://127.0.0.1:{port}", directory / "state", log, process)
    try:
        wait_for(flower.is_up, patience_s=30)
        yield flower
    finally:
        stop(process, timeout_s=20)


@pytest.fixture(scope="module")
def flower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flower]:
    with embedded_redis() as redis_url, running(tmp_path_factory.mktemp("flower"), redis_url) as started:
        yield started


@pytest.mark.parametrize("path", ["/", "/tasks", "/broker", "/api/tasks", "/api/workers"])
def test_it_shows_nothing_without_the_login(flower: Flower, path: str) -> None:
    assert flower.status(path) == 401
    assert flower.status(path, ("ops", "guessed")) == 401


@pytest.mark.parametrize("path", ["/", "/tasks", "/broker", "/api/tasks"])
def test_it_shows_everything_with_the_login(flower: Flower, path: str) -> None:
    assert flower.status(path, LOGIN) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/task/revoke/some-id",
        "/api/task/send-task/tasks.start_release",
        "/api/worker/shutdown/celery@any",
    ],
)
def test_it_changes_nothing_even_with_the_login(flower: Flower, path: str) -> None:
    assert flower.status(path, LOGIN, "POST") == 403


def test_it_is_well_when_its_health_check_says_so(flower: Flower) -> None:
    check = asks("flower", port=int(flower.url.rpartition(":")[2]))
    assert subprocess.run(check, timeout=30, check=False).returncode == 0


def test_it_knows_our_tasks_and_tells_its_log_no_password(flower: Flower) -> None:
    log = flower.log.read_text()
    assert "tasks.submit_audit" in log
    assert LOGIN[1] not in log


def test_it_keeps_its_state_when_it_is_stopped(tmp_path: Path) -> None:
    with embedded_redis() as redis_url, running(tmp_path, redis_url) as flower:
        pass
    assert flower.process.returncode == 0
    assert list(tmp_path.glob("state*")), flower.log.read_text()


def test_it_does_not_start_without_a_login(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, f"--port={free_port()}"],
        cwd=ROOT,
        env=environment(tmp_path, "redis://127.0.0.1:1/0"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert "Flower's login can't be read" in ended.stderr
    assert "Traceback" not in ended.stderr
