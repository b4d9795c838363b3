"""Connections on which no whole request comes keep nobody from an answer, and end."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support import api as serving
from tests.support.api import KEYS, Api
from tests.support.silent import is_open, opened
from tests.support.workers import wait_for
from web.page.static import address
from web.serving.connections import room

KEY = f"Host: 127.0.0.1\r\nAuthorization: Bearer {KEYS['operate']}\r\n".encode()
HALF_A_HEAD = b"GET /api/v1/platform HTTP/1.1\r\nHost: 127"
HALF_A_BODY = b"POST /api/v1/releases HTTP/1.1\r\n" + KEY + b"Content-Length: 100\r\n\r\n{"
ANSWERED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
#: It is answered, and its body goes on for ever.
ENDLESS = b"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("sent", [b"", HALF_A_HEAD, HALF_A_BODY])
def test_whoever_brings_a_request_is_answered_beside_them(api: Api, sent: bytes) -> None:
    with opened(api.url, sent, 1000) as connections:
        began = time.monotonic()
        for _ in range(20):
            with api.session:
                api.get("/platform")
        assert time.monotonic() - began < 10
        assert sum(map(is_open, connections)) > 900  # all of them stood there
    assert "Service Unavailable" not in api.text()


def test_the_oldest_give_way_where_more_stand_than_there_is_room_for(api: Api) -> None:
    room()  # this process needs as many files
    with opened(api.url, HALF_A_HEAD, room() + 200) as connections:
        api.session.close()
        api.get("/platform")
        standing = list(map(is_open, connections))
        assert room() * 0.9 < sum(standing) <= room()
        assert not any(standing[:100])
        assert all(standing[-100:])


@pytest.mark.long
def test_each_ends_whatever_drips_on_it(api: Api) -> None:
    with ExitStack() as stack:
        connections = [
            stack.enter_context(opened(api.url, sent, 1))[0] for sent in (b"", HALF_A_HEAD, ANSWERED, ENDLESS)
        ]
        began = time.monotonic()
        while any(is_open(connection) for connection in connections):
            assert time.monotonic() - began < 25
            for connection in connections[1:]:
                with suppress(ConnectionError):
                    connection.send(b"x")
            time.sleep(0.5)  # it drips
        assert time.monotonic() - began > 10


@pytest.mark.long
def test_they_keep_no_process_from_ending(environment: dict[str, str], tmp_path: Path) -> None:
    with serving.running(environment, tmp_path) as api, ExitStack() as stack:
        for sent in (b"", HALF_A_HEAD, ANSWERED):
            stack.enter_context(opened(api.url, sent, 100))
        api.get("/platform")
        api.session.close()
        began = time.monotonic()
        assert api.stop() == 0
        assert time.monotonic() - began < 5
        assert "timeout graceful shutdown exceeded" not in api.text()


@pytest.mark.long
def test_whoever_takes_no_answer_keeps_nobody_from_one(environment: dict[str, str], tmp_path: Path) -> None:
    """More is asked for than fits between both ends, and nothing is read."""
    static = f"GET {address('htmx.min.js')} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with (
        serving.running({**environment, "MPRELEASE_WEB__PASSWORD": "x" * 12}, tmp_path) as api,
        opened(api.url, static * 12, 600, narrow=True),
    ):
        wait_for(lambda: api.text().count("/static/") >= 2 * 600)
        for _ in range(20):
            with api.session:
                api.get("/platform")
        assert api.text().count("/static/") < 12 * 600
