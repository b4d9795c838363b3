"""The Redis of the compose file, run as it is written there but for its place."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.demo.processes import stop
from cli.demo.redis import KEEP_ENVIRONMENT, find_server, free_port
from tests.structure.files import services, unescaped
from tests.support.workers import wait_for

PASSWORD = "not-to-be-seen-0123456789"


@dataclass
class Running:
    process: "subprocess.Popen[bytes]"
    port: int
    environment: dict[str, str]
    place: dict[str, str]

    def client(self, password: str | None) -> redis.Redis:
        return redis.Redis(
            port=self.port, password=password, decode_responses=True, retry=Retry(NoBackoff(), 0)
        )

    def is_up(self) -> bool:
        try:
            with self.client(PASSWORD) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def moved(line: str, place: dict[str, str]) -> str:
    """The line for a server in another place than the container's."""
    for there, here in place.items():
        assert there in line, f"{there} is missing in {line}"
        line = line.replace(there, here)
    return line


@contextmanager
def running(directory: Path) -> Iterator[Running]:
    secret = directory / "redis_password"
    secret.write_text(PASSWORD + "\n")
    binary = directory / "bin" / "redis-server"
    binary.parent.mkdir()
    binary.symlink_to(find_server())
    port = free_port()
    shell, option, line = services()["redis"]["command"]
    place = {
        "/run/secrets/redis_password": str(secret),
        "--dir /data": f"--dir {directory} --bind 127.0.0.1 --port {port} {' '.join(KEEP_ENVIRONMENT)}",
    }
    environment = {**os.environ, "PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        [shell, option, moved(unescaped(line), place)], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        server = Running(process, port, environment, place)
        wait_for(server.is_up, patience_s=20)
        yield server
    finally:
        stop(process, timeout_s=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.mark.parametrize("password", [None, "another"])
def test_it_lets_nobody_in_without_the_password(server: Running, password: str | None) -> None:
    with server.client(password) as client, pytest.raises(redis.RedisError):
        client.ping()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        ("maxmemory-policy", "noeviction"),
        ("hash-max-ziplist-value", "4096"),
    ],
)
def test_it_keeps_what_it_was_given(server: Running, option: str, value: str) -> None:
    with server.client(PASSWORD) as client:
        assert client.config_get(option) == {option: value}


def test_the_password_shows_neither_in_ps_nor_in_the_environment(server: Running) -> None:
    process = Path("/proc", str(server.process.pid))
    if not process.is_dir():
        pytest.skip("this system has no /proc to look at")
    # The shell has become the server, so signals reach it.
    assert b"redis-server" in (process / "cmdline").read_bytes()
    assert PASSWORD.encode() not in (process / "cmdline").read_bytes()
    assert PASSWORD.encode() not in (process / "environ").read_bytes()


def test_it_does_not_start_without_a_password(tmp_path: Path) -> None:
    shell, option, line = services()["redis"]["command"]
    place = {
        "redis-server": find_server(),
        "/run/secrets/redis_password": str(tmp_path / "missing"),
        "--dir /data": f"--dir {tmp_path} --bind 127.0.0.1 --port {free_port()}",
    }
    ended = subprocess.run(
        [shell, option, moved(unescaped(line), place)], capture_output=True, check=False, timeout=20
    )
    assert ended.returncode != 0


def test_its_health_check_asks_with_the_password() -> None:
    kind, line = services()["redis"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    assert 'REDISCLI_AUTH="$(cat /run/secrets/redis_password)" redis-cli ping' in unescaped(line)
