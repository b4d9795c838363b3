"""Processes of ours that a server forks, with the interface of `subprocess.Popen` as far as tests use it."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

from cli.demo import processes
from tests.support.fork_server import ROOT

_LONGEST_STATUS = 64
_PROGRAMS = {"cli": "worker", "simulator.__main__": "simulator"}


class Forked:
    """A process of ours."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def __del__(self) -> None:
        # Of one that nobody waited for.
        self._connection.close()

    def poll(self) -> int | None:
        """The exit code, or None while it runs; -N if signal N ended it."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one; raises subprocess.TimeoutExpired."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("mprelease", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            with self._connection:
                self.returncode = int(self._connection.recv(_LONGEST_STATUS))
        return self.returncode


Process = subprocess.Popen[bytes] | Forked


class Server:
    """Benchmarks do without it: a fork has all that the server imported."""

    is_used = True


def _needs_a_start_of_its_own(environment: Mapping[str, str]) -> bool:
    """Whether it is measured, or has to come with another library or with other code than ours."""
    return (
        not Server.is_used
        or "LD_PRELOAD" in environment
        or environment.get("PYTHONPATH", str(ROOT)) != str(ROOT)
    )


def start(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    files: tuple[IO[Any] | int, IO[Any] | int, IO[Any] | int],
    module: str = "cli",
    session: bool = False,
) -> Process:
    """Start the `main` of a module with these arguments; `files` are its stdin, stdout and stderr."""
    if _needs_a_start_of_its_own(environment):
        stdin, stdout, stderr = files
        return subprocess.Popen(
            [sys.executable, "-m", _PROGRAMS[module], *arguments],
            env=dict(environment),
            cwd=directory,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=session,
        )
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_server())
    asked = {
        "module": module,
        "arguments": list(arguments),
        "environment": dict(environment),
        "directory": str(directory),
        "session": session,
    }
    descriptors = [file if isinstance(file, int) else file.fileno() for file in files]
    socket.send_fds(connection, [json.dumps(asked).encode()], descriptors)
    return Forked(int(connection.recv(_LONGEST_STATUS)), connection)


@contextmanager
def simulator(*arguments: str) -> Iterator[str]:
    """Run a simulator for the length of the block; yields its URL."""
    ours, its = os.pipe()
    with os.fdopen(ours) as said, Path(os.devnull).open("rb") as nothing:
        process = start(
            arguments,
            environment=os.environ,
            directory=Path.cwd(),
            files=(nothing, its, sys.__stderr__ or nothing),
            module="simulator.__main__",
            session=True,
        )
        os.close(its)
        try:
            yield processes.simulator_url(said.readline())
        finally:
            processes.stop(process)


def run(
    arguments: Sequence[str], *, environment: Mapping[str, str], directory: Path, typed: str, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run it to its end; what it printed went into files."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(typed.encode())
        stdin.seek(0)
        process = start(arguments, environment=environment, directory=directory, files=(stdin, out, err))
        try:
            code = process.wait(timeout_s)
        finally:
            process.kill()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
        return subprocess.CompletedProcess(list(arguments), code, *said)


@cache
def _server() -> str:
    """Start the server, which ends with this process; returns its socket's path."""
    directory = tempfile.TemporaryDirectory(prefix="mprelease-forks-")
    path = f"{directory.name}/socket"
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fork_server", path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    def end() -> None:
        server.communicate()
        directory.cleanup()

    atexit.register(end)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n", "the server of forks did not start"
    return path
