"""The ways in which a Redis that answers refuses to serve: each for the length of a block, and well again after it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import redis

from tests.support.workers import Server, wait_for

#: A directory that is there, and in which nobody can make a file: not even root, as on a full disk.
_FULL_DISK = "/proc"
#: A master that nobody will ever be.
_NO_MASTER = ("127.0.0.1", 1)
_OTHER_PASSWORD = "changed-meanwhile"


@contextmanager
def _admin(server: Server, **options: Any) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.master_url, decode_responses=True, **options) as client:
        yield client


@contextmanager
def disk(server: Server) -> Iterator[None]:
    """MISCONF: the disk is full, and a save has failed."""
    with _admin(server) as client:
        home = str(client.config_get("dir")["dir"])
        client.config_set("save", "3600 1")
        _save(client, _FULL_DISK, "err")
        yield
        _save(client, home, "ok")
        client.config_set("save", "")


def _save(client: redis.Redis, directory: str, outcome: str) -> None:
    client.config_set("dir", directory)
    client.bgsave()
    wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == outcome)


@contextmanager
def memory(server: Server) -> Iterator[None]:
    """OOM: all memory is used, and nothing may be evicted."""
    with _admin(server) as client:
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


@contextmanager
def replica(server: Server) -> Iterator[None]:
    """NOREPLICAS: a replica is wanted for each write, and none is there."""
    with _admin(server) as client:
        client.config_set("min-replicas-to-write", 1)
        yield
        client.config_set("min-replicas-to-write", 0)


@contextmanager
def role(server: Server) -> Iterator[None]:
    """READONLY: it is another's replica for a while, as in a failover."""
    with _admin(server) as client:
        client.replicaof(*_NO_MASTER)
        yield
        client.replicaof("NO", "ONE")


@contextmanager
def loading(server: Server) -> Iterator[None]:
    """MASTERDOWN: a replica that has lost its master, and does not serve what is old."""
    with _admin(server) as client:
        client.config_set("replica-serve-stale-data", "no")
        client.replicaof(*_NO_MASTER)
        yield
        client.replicaof("NO", "ONE")
        client.config_set("replica-serve-stale-data", "yes")


@contextmanager
def script(server: Server) -> Iterator[None]:
    """BUSY: somebody's script runs without end."""

    def run() -> None:
        with _admin(server, socket_timeout=120) as client, suppress(redis.ResponseError):
            client.eval("while true do end", 0)

    with _admin(server) as client:
        client.config_set("lua-time-limit", 100)
        endless = threading.Thread(target=run, daemon=True)
        endless.start()
        wait_for(lambda: _is_busy(client))
        yield
        client.script_kill()
        endless.join()


def _is_busy(client: redis.Redis) -> bool:
    try:
        client.ping()
    except redis.ResponseError as error:
        return "BUSY" in str(error)
    return False


@contextmanager
def password(server: Server) -> Iterator[None]:
    """NOAUTH: there is another password than the worker has, and its connections are cut."""
    with _admin(server) as client:
        client.config_set("requirepass", _OTHER_PASSWORD)
        for kind in ("normal", "pubsub"):
            client.client_kill_filter(_type=kind, skipme=True)
        yield
        client.config_set("requirepass", "")


@contextmanager
def permission(server: Server) -> Iterator[None]:
    """NOPERM: somebody takes rights away from the worker's user."""
    with _admin(server) as client:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["-@write", "-@scripting"])
        yield
        client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"])


Way = Callable[[Server], AbstractContextManager[None]]
WAYS: tuple[Way, ...] = (disk, memory, replica, role, loading, script, password, permission)
