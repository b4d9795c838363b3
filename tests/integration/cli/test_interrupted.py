"""Ctrl-C says what had been done by then, and Redis that goes away for a moment is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from releases.store.records import ReleaseStore
from tests.integration.cli.conftest import Command
from tests.support.restartable_redis import restartable_redis
from tests.support.workers import ROOT, wait_for

NUMBER = 300
OPTIONS = ("--template-id", "1", "--user-version", "1", "--user-desc", "d", "--wave", "spring")


def started(environment: dict[str, str], directory: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "worker", *arguments],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def a_file(directory: Path) -> Path:
    path = directory / "wave.csv"
    path.write_text("appid\n" + "".join(f"wx{number:016x}\n" for number in range(NUMBER)))
    return path


def waits(process: subprocess.Popen[str]) -> bool:
    """Whether a process sleeps in a call of the system."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def writes(client: redis.Redis) -> bool:
    """Whether a client waits for a script of its to be let through."""
    return any(one["cmd"] == "evalsha" and "b" in one["flags"] for one in client.client_list())


def test_ctrl_c_while_the_file_is_written_says_that_all_were_enqueued(
    environment: dict[str, str],
    tmp_path: Path,
    redis_client: redis.Redis,
    store: ReleaseStore,
    command: Command,
) -> None:
    command("list")  # lays the keys out, so that the file is the first that is written
    redis_client.client_pause(30_000, all=False)
    enqueue = started(environment, tmp_path, "enqueue", "--file", str(a_file(tmp_path)), *OPTIONS)
    try:
        wait_for(lambda: writes(redis_client))
        enqueue.send_signal(signal.SIGINT)
    finally:
        redis_client.client_unpause()
    _, said = enqueue.communicate(timeout=60)

    assert enqueue.returncode == 130, said
    assert f"Interrupted: all {NUMBER} releases are enqueued and go on." in said
    assert "To end them: mprelease cancel --wave spring" in said
    assert len(list(store.find())) == NUMBER


def test_ctrl_c_before_the_file_is_written_says_that_nothing_was_enqueued(
    environment: dict[str, str], tmp_path: Path, store: ReleaseStore
) -> None:
    path = tmp_path / "wave.jsonl"
    os.mkfifo(path)
    enqueue = started(environment, tmp_path, "enqueue", "--file", str(path), *OPTIONS)
    with path.open("wb"):  # which waits until the command opens it
        # What comes between two of Python's looks and a call of the system that waits is seen when that call is over.
        wait_for(lambda: waits(enqueue))
        enqueue.send_signal(signal.SIGINT)
        _, said = enqueue.communicate(timeout=60)

    assert (enqueue.returncode, said) == (130, "Interrupted: nothing was enqueued.\n")
    assert list(store.find()) == []


@pytest.mark.long
def test_a_wave_is_watched_on_when_redis_is_back(
    environment: dict[str, str], tmp_path: Path, command: Command
) -> None:
    with restartable_redis(tmp_path / "redis") as server:
        here = {"MPRELEASE_REDIS__URL": server.url}
        command("enqueue", "--file", str(a_file(tmp_path)), *OPTIONS, **here)
        watch = started({**environment, **here}, tmp_path, "wave", "spring", "--watch")
        assert watch.stderr is not None
        assert "300 queued" in watch.stderr.readline()
        server.stop()
        assert "Redis is away (ConnectionError); waiting for it" in watch.stderr.readline()
        server.restart()
        command("cancel", "--wave", "spring", **here)
        _, said = watch.communicate(timeout=60)

    assert watch.returncode == 1, said  # none was submitted
    assert said.startswith("Redis is back\n")
    assert "300 cancelled" in said
    assert "confirmed" not in said
