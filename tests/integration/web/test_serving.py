"""The socket on which everything over HTTP is served."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from web.serving.server import listen


@pytest.fixture
def accepted() -> Iterator[socket.socket]:
    with closing(listen("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            yield accepted


def test_an_answer_waits_for_no_acknowledgement(accepted: socket.socket) -> None:
    """Nagle's algorithm is off on every connection that is accepted: asyncio does not do it here."""
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's option is Linux's")
def test_whoever_does_not_take_what_is_sent_is_cut_off(accepted: socket.socket) -> None:
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
    with pytest.raises(TimeoutError):
        accepted.sendall(b"." * 100_000_000)
