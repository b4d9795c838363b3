"""Connections on which nothing comes, or not enough."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def opened(url: str, sent: bytes, number: int, *, narrow: bool = False) -> Iterator[list[socket.socket]]:
    """So many connections on which that is sent, and nothing else; into narrow ones few kilobytes of an answer fit."""
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.socket()) for _ in range(number)]
        for connection in connections:
            if narrow:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(30)
            connection.connect((urlsplit(url).hostname, urlsplit(url).port))
            with suppress(ConnectionError):  # it lost its place already
                connection.sendall(sent)
        yield connections


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return True
    except ConnectionError:
        pass
    return False
