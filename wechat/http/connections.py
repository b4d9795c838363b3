"""A total deadline for HTTP calls, and what http.client does not read of an answer.

The timeout of requests counts per read, so a body that trickles a byte a second never times out,
and a thread cannot be killed. Here the connection itself knows when the call has to be over:
before every read it shortens the socket's timeout to what is left, and it sends nothing after the deadline,
however long the process stood still while it connected.

http.client takes any interim answer but 100 for the final one (https://github.com/python/cpython/issues/42550),
so that the final one waits for the next call; and it throws away what it has read beyond an answer. Here all interim
answers are skipped, and what is left over is noted.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from wechat.http.deadline import Deadline
from wechat.http.route import Route

#: So many interim answers are skipped (102 Processing may come every few seconds); after that it is no answer.
MAX_INTERIM = 100
#: So much is sent between two looks at the deadline, in bytes.
_SLICE = 16384

#: The exchange of this thread, from which its connection takes the deadline.
_current = threading.local()


class Exchange:
    """One call over the wire: when it has to be over, and whether more came than its answer."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.has_leftover = False


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self.is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.is_over:
            return None
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
        self._reader = _DeadlineReader(sock, deadline)
        self._file = io.BufferedReader(self._reader)

    def makefile(self, _mode: str) -> io.BufferedReader[_DeadlineReader]:
        return self._file

    def has_leftover(self) -> bool:
        """Whether bytes lie here that were read with the answer and do not belong to it."""
        if self._file.closed:
            return False  # a response that is collected together with its file
        self._reader.is_over = True
        decrypted = self._sock.pending() if isinstance(self._sock, ssl.SSLSocket) else 0
        return bool(self._file.peek(1)) or decrypted > 0


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        self._exchange: Exchange = _current.exchange
        self._source = _DeadlineSource(sock, self._exchange.deadline)
        super().__init__(self._source, *args, **kwargs)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:
        """The status line of the final answer; those before it are skipped with their headers."""
        for _ in range(MAX_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            # 101 is no interim answer: what follows is another protocol.
            if status >= http.HTTPStatus.OK or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {MAX_INTERIM} interim answers")

    def _close_conn(self) -> None:
        if self._source.has_leftover():
            self._exchange.has_leftover = True
        super()._close_conn()  # type: ignore[misc]


class _DeadlineMixin(HTTPConnection):
    response_class = _DeadlineResponse

    def send(self, data: Any) -> None:
        """Send nothing after the deadline: the process may have been stopped while it connected.

        WeChat applies a call when it has the whole of it, so the deadline counts until the last slice. Head and body go out one
        after the other, which costs a send more: a process that is stopped over the first finds that it is late before the second.
        """
        exchange: Exchange = _current.exchange
        if self.sock is None and self.auto_open:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), _SLICE):
            exchange.deadline.remaining()
            super().send(view[start : start + _SLICE])

    def _new_conn(self) -> socket.socket:
        """Let all addresses of the host share the deadline: urllib3 gives each the whole timeout."""
        deadline: Deadline = _current.exchange.deadline
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
    except (OSError, UnicodeError):  # UnicodeError: a label that is empty or too long
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


class _DeadlineAdapter(HTTPAdapter):
    """Goes to one address, so the pool of its connection is found once."""

    _pool: ConnectionPool | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def close(self) -> None:
        super().close()
        self._pool = None

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class Wire:
    """The connections to one address, one for each thread. Safe to use from many threads.

    There is no session of requests around them: that would merge its own headers, proxies and cookies into each request, and
    follow redirects.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._local = threading.local()
        #: The usual CAs, or a file or a directory of them in their place.
        self.verify = route.ca or True

    @contextmanager
    def send(
        self, request: requests.PreparedRequest, deadline: Deadline, timeout: tuple[float, float]
    ) -> Iterator[tuple[requests.Response, Exchange]]:
        """Send it; the answer is read in the block. Nothing is sent after the deadline, and every read ends by it."""
        exchange = _current.exchange = Exchange(deadline)
        with self._adapter().send(
            request, stream=True, timeout=timeout, verify=self.verify, proxies=self._route.proxies
        ) as response:
            yield response, exchange

    def close(self) -> None:
        """Close this thread's connection: what comes over it next may belong to no request that is to come."""
        self._adapter().close()

    def _adapter(self) -> HTTPAdapter:
        adapter: HTTPAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = _DeadlineAdapter(
                pool_connections=1, pool_maxsize=1, max_retries=0
            )
        return adapter
