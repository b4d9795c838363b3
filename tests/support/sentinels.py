"""A master, two replicas and three Sentinels: real processes on loopback, with a master that can be lost."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

from cli.demo.redis import KEEP_ENVIRONMENT, find_server, free_port
from tests.support.workers import wait_for

MASTER_NAME = "releases-master"
NODES = 3
#: A master that does not answer for so long is replaced, in milliseconds.
_DOWN_AFTER_MS = 700
_NODE = """
bind 127.0.0.1
port {port}
dir {directory}
appendonly yes
save ""
loglevel notice
logfile log
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-ping-replica-period 1
"""
_SENTINEL = """
bind 127.0.0.1
port {port}
dir {directory}
logfile log
sentinel monitor {name} 127.0.0.1 {master} 2
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 2000
sentinel parallel-syncs {name} 2
"""


class Process:
    """A Redis server or a Sentinel, with a directory and a configuration of its own."""

    def __init__(self, directory: Path, configuration: str, *mode: str, **values: object) -> None:
        directory.mkdir(parents=True)
        self.port = free_port()
        file = directory / "redis.conf"
        file.write_text(configuration.format(port=self.port, directory=directory, **values))
        self._command = [find_server(), str(file), *mode]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A client of this one process; close it."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=1)

    def start(self, *options: str) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [*self._command, *KEEP_ENVIRONMENT, *options], stdout=subprocess.DEVNULL, start_new_session=True
        )
        wait_for(self._answers)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL, SIGSTOP, SIGCONT."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, also for one that is stopped."""
        self.signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def info(self) -> dict[str, Any]:
        """What it says of its replication; nothing while it does not answer."""
        with self.client() as client, suppress(redis.RedisError):
            return dict(client.info("replication"))
        return {}

    def _answers(self) -> bool:
        with self.client() as client, suppress(redis.RedisError):
            return bool(client.ping())
        return False


class Sentinels:
    """The whole of it. `url` names the Sentinels, as workers are told."""

    master_name = MASTER_NAME

    def __init__(self, directory: Path) -> None:
        self.nodes = [Process(directory / f"node-{number}", _NODE) for number in range(NODES)]
        values: dict[str, object] = {
            "name": MASTER_NAME,
            "master": self.nodes[0].port,
            "down_after": _DOWN_AFTER_MS,
        }
        self._sentinels = [
            Process(directory / f"sentinel-{number}", _SENTINEL, "--sentinel", **values)
            for number in range(NODES)
        ]

    def start(self) -> None:
        """Start all processes, and wait until they know each other."""
        first, *replicas = self.nodes
        first.start()
        for replica in replicas:
            replica.start("--replicaof", "127.0.0.1", str(first.port))
        for sentinel in self._sentinels:
            sentinel.start()
        wait_for(self._know_each_other)
        self.wait_until_whole()

    @property
    def url(self) -> str:
        """Where the Sentinels are."""
        return ";".join(f"sentinel://127.0.0.1:{sentinel.port}/0" for sentinel in self._sentinels)

    @property
    def master_url(self) -> str:
        """Where the master is, as most Sentinels say."""
        return self.master.url

    @property
    def master(self) -> Process:
        """The master, as most Sentinels say."""
        ports = sorted(int(self._ask(sentinel)["port"]) for sentinel in self._sentinels)
        return next(node for node in self.nodes if node.port == ports[NODES // 2])

    @property
    def replicas(self) -> list[Process]:
        """All but the master."""
        master = self.master
        return [node for node in self.nodes if node is not master]

    def wait_for_another_master(self, lost: Process) -> Process:
        """Wait until all Sentinels name a master that takes writes; returns it."""

        def promoted() -> bool:
            found = {int(self._ask(sentinel)["port"]) for sentinel in self._sentinels}
            return len(found) == 1 and self.master is not lost and self.master.info().get("role") == "master"

        wait_for(promoted)
        return self.master

    def rejoin(self, node: Process) -> None:
        """Start one that was killed as a replica of the master."""
        node.start("--replicaof", "127.0.0.1", str(self.master.port))

    def wait_until_whole(self) -> None:
        """Wait until the master has all others as replicas that have caught up."""

        def whole() -> bool:
            info = self.master.info()
            lags = [info.get(f"slave{number}", {}).get("state") for number in range(NODES - 1)]
            links = [replica.info().get("master_link_status") for replica in self.replicas]
            return lags == ["online"] * (NODES - 1) and links == ["up"] * (NODES - 1)

        wait_for(whole)

    def stop(self) -> None:
        """End all processes."""
        for process in (*self._sentinels, *self.nodes):
            process.kill()

    def _know_each_other(self) -> bool:
        seen = [self._ask(sentinel) for sentinel in self._sentinels]
        return all(
            int(state["num-slaves"]) == NODES - 1 and int(state["num-other-sentinels"]) == NODES - 1
            for state in seen
        )

    @staticmethod
    def _ask(sentinel: Process) -> dict[str, Any]:
        with sentinel.client() as client:
            return dict(client.sentinel_master(MASTER_NAME))


@contextmanager
def sentinels(directory: Path) -> Iterator[Sentinels]:
    """Run them for the length of the block."""
    with ExitStack() as stack:
        running = Sentinels(directory)
        stack.callback(running.stop)
        running.start()
        yield running
