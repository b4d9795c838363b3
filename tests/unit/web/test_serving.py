import asyncio
import socket
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from web.serving.connections import MOST_AT_ONCE, Bounded, Connections
from web.serving.server import listen


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(("at_once", "status"), [(MOST_AT_ONCE, 200), (MOST_AT_ONCE + 1, 503)])
def test_so_many_requests_are_answered_at_the_same_time(at_once: int, status: int) -> None:
    connections = Connections(room=10)
    busy: Any = range(at_once)
    connections.connections.update(busy)
    answered = list[Any]()

    async def send(message: Any) -> None:
        answered.append(message)

    async def nothing() -> Any:
        raise AssertionError

    asyncio.run(Bounded(PlainTextResponse("ok"), connections)({"type": "http"}, nothing, send))
    assert answered[0]["status"] == status
