"""Child processes of the demo and of the tests: the simulator, a receiver, workers; gone when we are."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

#: A worker that is asked to stop finishes its steps first; then it is killed. In seconds.
STOP_TIMEOUT_S = 60.0

_ANNOUNCEMENT, _RECEIVER = "simulator listening on ", "receiver at "
#: Seconds until a receiver listens, on a busy machine.
_START_TIMEOUT_S = 60.0


class Process(Protocol):
    """What can be stopped: `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """The exit code, if it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; raises subprocess.TimeoutExpired."""

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""


def simulator_url(line: str) -> str:
    """Where a simulator is, by the first line that it says; raises RuntimeError if that is another."""
    if not line.startswith(_ANNOUNCEMENT):
        raise RuntimeError(f"the simulator did not start: {line.strip() or 'it said nothing'}")
    return line.removeprefix(_ANNOUNCEMENT).strip()


@contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Run a simulator for the length of the block; yields its URL."""
    process = subprocess.Popen(  # noqa: S603 - a fixed command line
        [sys.executable, "-P", "-m", "simulator", "--die-with-parent", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield simulator_url(line)
    finally:
        stop(process)
        if process.stdout:
            process.stdout.close()


@contextmanager
def worker(
    environment: Mapping[str, str], log: Path, command: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for the length of the block; its output goes to the log."""
    line = command or [sys.executable, "-P", "-m", "worker", "worker"]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - a fixed command line
            line,
            env=dict(environment),
            cwd=log.parent,  # a .env of the folder that we were started in is not meant for this worker
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)


@contextmanager
def receiver(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Run a receiver for the length of the block; yields its URL. Its output goes to the log."""
    line = [sys.executable, "-P", "-m", "worker", "receiver", "--port", "0"]
    with worker(environment, log, line) as process:
        yield _announced(process, log)


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        for said in log.read_text(errors="replace").splitlines():
            if said.startswith(_RECEIVER):
                return said.removeprefix(_RECEIVER)
        time.sleep(0.02)
    raise RuntimeError(f"the receiver did not start: {log.read_text(errors='replace')[-2000:]}")


def stop(process: Process, timeout_s: float = STOP_TIMEOUT_S) -> None:
    """SIGTERM, and SIGKILL for one that does not end."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
