"""The socket on which everything over HTTP is served."""

import socket
from contextlib import closing

from web.serving import listen


def test_an_answer_waits_for_no_acknowledgement() -> None:
    """Nagle's algorithm is off on every connection that is accepted: asyncio does not do it here."""
    with closing(listen("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
