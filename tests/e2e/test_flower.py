"""Flower as the compose file runs it: with our options, our app and a real Redis."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.demo.redis import embedded_redis, free_port
from tests.structure.files import asks
from tests.support.flower import COMMAND, IS_INSTALLED, LOGIN, WHY_SKIPPED, Flower, environment, running
from tests.support.workers import ROOT

pytestmark = pytest.mark.skipif(not IS_INSTALLED, reason=WHY_SKIPPED)


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


@pytest.mark.long
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
    assert "MPRELEASE_SECRETS_DIR" in ended.stderr
    assert "Traceback" not in ended.stderr
