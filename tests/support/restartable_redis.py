"""A Redis server of the tests' own, that can be killed and started again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from cli.demo.redis import KEEP_ENVIRONMENT, find_server, free_port
from tests.support.workers import wait_for


class RestartableRedis:
    """A Redis server on an append-only file; `login` is how the tests reach it, as `user:password@`."""

    master_name = ""

    def __init__(self, directory: Path, *options: str, login: str = "") -> None:
        port = str(_port())
        self._command = [
            *(find_server(), "--bind", "127.0.0.1", "--port", port, "--dir", str(directory)),
            *(
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--save",
                "",
                "--loglevel",
                "warning",
                *KEEP_ENVIRONMENT,
            ),
            *options,
        ]
        self.url = f"redis://{login}127.0.0.1:{port}/0"
        self._process = self._start()

    @property
    def master_url(self) -> str:
        """Where it is."""
        return self.url

    def stand_still(self) -> int:
        """Stop it with SIGSTOP; it does nothing more when this returns. Returns the process id, for SIGCONT."""
        os.kill(self.pid, signal.SIGSTOP)
        stat = Path(f"/proc/{self.pid}/stat")  # the name in it may hold spaces; then comes the state
        wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
        return self.pid

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_for(self._answers)
        return process

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def restart(self) -> None:
        """Kill it and start it on its file."""
        self.stop()
        self._process = self._start()

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()


def _port() -> int:
    """A free port that a server in cluster mode starts on as well: it listens 10,000 above, too."""
    return next(port for port in (free_port() for _ in range(1000)) if port + 10_000 < 2**16)


@contextmanager
def restartable_redis(directory: Path, *options: str, login: str = "") -> Iterator[RestartableRedis]:
    """Run one for the length of the block, in a directory that is made."""
    directory.mkdir(parents=True)
    server = RestartableRedis(directory, *options, login=login)
    try:
        yield server
    finally:
        server.stop()
