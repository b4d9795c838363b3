"""Connections on which nothing comes, or not enough."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit


@contextmanager
def opened(url: str, sent: bytes, number: int) -> Iterator[list[socket.socket]]:
    """So many connections on which that is sent, and nothing else."""
    address = (urlsplit(url).hostname, urlsplit(url).port)
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(number)
        ]
        for connection in connections:
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
