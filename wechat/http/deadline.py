"""A total deadline for HTTP calls.

The timeout of requests counts per read, so a body that trickles a byte a second never times out,
and a thread cannot be killed. Here the connection itself knows when the call has to be over:
before every read it shortens the socket's timeout to what is left.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

_current = threading.local()


class DeadlineExceeded(Exception):
    """The time for the call or for the step it belongs to is used up."""


class Deadline:
    """A point in time by which something has to be over."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Seconds left; raises DeadlineExceeded when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise DeadlineExceeded
        return left

    def has(self, seconds: float) -> bool:
        """Whether so many seconds are left."""
        return self._end - self._clock() >= seconds

    def within(self, seconds: float) -> Deadline:
        """The sooner of this deadline and one in so many seconds."""
        return Deadline(min(seconds, self.remaining()), self._clock)


@contextmanager
def enforced(deadline: Deadline) -> Iterator[None]:
    """Let every socket read of this thread's HTTP calls end by the deadline."""
    _current.deadline = deadline
    try:
        yield
    finally:
        _current.deadline = None


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        timeout = self._sock.gettimeout()
        left = self._deadline.remaining()
        self._sock.settimeout(left if timeout is None else min(timeout, left))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(timeout)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSource:
    """Stands in for the socket where http.client asks it for a file to read from."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock, self._deadline))


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        deadline = getattr(_current, "deadline", None)
        source = sock if deadline is None else _DeadlineSource(sock, deadline)
        super().__init__(source, *args, **kwargs)  # type: ignore[arg-type]


class _DeadlineMixin(HTTPConnection):
    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        """Let all addresses of the host share the deadline: urllib3 gives each the whole timeout."""
        deadline = getattr(_current, "deadline", None)
        if deadline is None:
            return super()._new_conn()
        host, timeout = self._dns_host, self.timeout
        failure: Exception | None = None
        try:
            for address in _addresses(host, self.port):
                left = deadline.remaining()
                self._dns_host = address
                self.timeout = min(timeout, left) if isinstance(timeout, float | int) else left
                try:
                    return super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failure = error
        finally:
            self._dns_host, self.timeout = host, timeout
        if failure is not None:
            raise failure
        return super()._new_conn()


def _addresses(host: str, port: int | None) -> list[str]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]) for _, _, _, _, address in found]


class _DeadlineHTTPConnection(_DeadlineMixin):
    pass


class _DeadlineHTTPSConnection(_DeadlineMixin, HTTPSConnection):
    pass


class _DeadlineHTTPPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _DeadlineHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


_POOLS = {"http": _DeadlineHTTPPool, "https": _DeadlineHTTPSPool}


class DeadlineAdapter(HTTPAdapter):
    """A requests adapter whose connections obey the thread's `enforced` deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use the connection pools of this module."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use the connection pools of this module for proxies as well."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
