"""A run of the tests that is ended from outside leaves no process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from benchmarks.measures.process_tree import tree
from tests.support.leftovers import VARIABLE, marked
from tests.support.workers import ROOT, wait_for

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc"),
]
#: Starts a process in a session of its own, and waits to be ended.
ENDED = """
import os, subprocess, sys
from tests.support import leftovers
watching = leftovers.watch()
child = subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=subprocess.DEVNULL)
print(child.pid, os.environ[leftovers.VARIABLE], flush=True)
sys.stdin.read()
"""


def runs(pid: int) -> bool:
    """Whether it has not ended; one that nobody waited for has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, None], ids=["term", "kill", "well"])
def test_what_a_process_has_left_is_ended_after_it(how: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child, mark = process.stdout.readline().split()
        assert int(child) in marked(mark)
        if how is not None:
            process.send_signal(how)
    wait_for(lambda: not runs(int(child)), patience_s=10)
    assert marked(mark) == set()


def test_an_outer_runs_processes_are_not_touched(redis_url: str) -> None:
    outer = os.environ[VARIABLE]
    with redis.Redis.from_url(redis_url) as client:
        server = int(client.info("server")["process_id"])
    assert server in marked(outer)
    with subprocess.Popen(
        [sys.executable, "-c", ENDED], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child, mark = process.stdout.readline().split()
        assert mark != outer
        process.kill()
    wait_for(lambda: not runs(int(child)), patience_s=10)
    assert server in marked(outer)
    assert runs(server)


@pytest.mark.long
@pytest.mark.parametrize("options", [["-n", "1"], ["-p", "no:xdist"]], ids=["workers", "alone"])
def test_a_run_that_is_ended_in_the_middle_leaves_nothing(tmp_path: Path, options: list[str]) -> None:
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *options, "tests/support/all_kinds.py"],
        cwd=ROOT,
        env={**os.environ, "READY": str(ready)},
        stdout=subprocess.DEVNULL,
    ) as run:
        wait_for(ready.exists)
        begun = tree([run.pid])
        told = " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in begun)
        assert all(kind in told for kind in ("redis-server", "fork_server", "flower"))
        # pytest, Redis, the forks' server, the simulator, the worker, its two children, Flower.
        assert len(begun) >= 8
        run.terminate()
        assert run.wait(30) == -signal.SIGTERM
    wait_for(lambda: not any(map(runs, begun)), patience_s=10)
    assert marked(ready.read_text()) == set()
