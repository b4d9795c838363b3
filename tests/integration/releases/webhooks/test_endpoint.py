"""One delivery over real HTTP: what counts as delivered, what it may cost, and what nobody gets to see."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from itertools import repeat

import pytest
from standardwebhooks.webhooks import Webhook

from releases.store.outbox import Member
from releases.webhooks.endpoint import Delivery, Endpoint
from releases.webhooks.messages import Message
from tests.integration.wechat.server import Connection, RawServer
from tests.support.receiver import KEY, PATH, SECRET, Answer, Receiver
from wechat.http import posting
from wechat.http.transport import encode

SAID = {"type": "release.changed", "data": {"id": "0" * 32, "revision": 7, "名": "值"}}
MESSAGE = Message(Member("release", "0" * 32), 7, encode(SAID))
OTHER_KEY = bytes(32)


def post(url: str, *keys: bytes) -> Delivery:
    return Endpoint(url, keys or (KEY,), now=time.time).post(MESSAGE)


def answering(what: bytes) -> RawServer:
    """A server that says this to each request."""

    def script(connection: Connection) -> None:
        while connection.read():
            connection.send(what)

    return RawServer(script)


def test_both_secrets_verify_while_they_are_changed() -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        assert post(server.url, OTHER_KEY, KEY).is_done
    (request,) = server.requests
    assert json.loads(request.body) == SAID
    assert "值" in request.body.decode()
    for key in (OTHER_KEY, KEY):
        Webhook(key).verify(request.body, dict(request.headers))
    assert request.headers["webhook-signature"].count("v1,") == 2


def test_the_same_revision_has_the_same_id_and_no_other_has() -> None:
    again = Message(MESSAGE.member, 7, b"{}")
    others = {
        Message(MESSAGE.member, 8).id,
        Message(Member("release", "1" * 32), 7).id,
        Message(Member("wave", "0" * 32), 7).id,
    }
    assert again.id == MESSAGE.id
    assert len(others | {MESSAGE.id}) == 4


def test_a_connection_is_used_again(receiver: Receiver) -> None:
    endpoint = Endpoint(receiver.url, [KEY], now=time.time)
    for _ in range(3):
        assert endpoint.post(MESSAGE).is_done
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more that nobody asked for",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 299 Whatever\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_every_2xx_is_a_delivery(answer: bytes) -> None:
    with answering(answer) as server:
        endpoint = Endpoint(server.url, [KEY], now=time.time)
        assert [endpoint.post(MESSAGE).is_done for _ in range(2)] == [True, True]
    assert all("cookie" not in request.headers for request in server.requests)


def test_what_stands_behind_an_answer_costs_its_connection() -> None:
    with answering(b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n") as server:
        endpoint = Endpoint(server.url, [KEY], now=time.time)
        assert [endpoint.post(MESSAGE).is_done for _ in range(2)] == [True, True]
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_no_delivery(answer: bytes) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(answer)
        connection.hang_up()

    with RawServer(script) as server:
        assert post(server.url).result == "unanswered"


def test_where_nobody_listens_the_endpoint_is_unanswered() -> None:
    with answering(b"") as server:
        url = server.url
    assert post(url) == Delivery("unanswered", "the connection failed or was cut")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(posting, "DEADLINE_S", 0.5)
    return 0.5


def test_one_that_stays_silent_is_given_up(hurried: float) -> None:
    with RawServer(Connection.stay_silent) as server:
        began = time.monotonic()
        delivery = post(server.url)
        assert time.monotonic() - began < hurried + 1
    assert (delivery.result, delivery.is_done) == ("unanswered", False)


def test_one_that_trickles_its_headers_is_given_up(hurried: float) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.trickle(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 1000)

    with RawServer(script) as server:
        began = time.monotonic()
        delivery = post(server.url)
        assert time.monotonic() - began < hurried + 1
    assert delivery.result == "unanswered"


def test_a_body_without_end_is_not_read_and_its_status_counts(receiver: Receiver) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for part in repeat(b"x" * 65536, 1000):
            sent += len(part)
            yield part

    receiver.answer = lambda message: Answer(200, {"Content-Length": str(10**9)}, endless)
    began = time.monotonic()
    assert post(receiver.url).is_done
    assert time.monotonic() - began < 2
    assert sent < 30_000_000


def test_a_body_that_never_comes_costs_the_deadline_and_the_status_counts(hurried: float) -> None:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n")
        connection.stay_silent()

    with RawServer(script) as server:
        began = time.monotonic()
        assert post(server.url) == Delivery("5xx", "HTTP 500")
        assert time.monotonic() - began < hurried + 1


def test_no_log_and_no_error_has_the_path_or_a_secret(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        url = f"{receiver.url}?key=known-to-few"
        receiver.answer = lambda message: Answer(500)
        delivery = post(url)
    assert not delivery.is_done
    assert '"POST /***' in caplog.text
    for text in (caplog.text, str(delivery), Endpoint(url, [KEY], now=time.time).name):
        assert PATH not in text
        assert "known-to-few" not in text
        assert SECRET.removeprefix("whsec_") not in text


def test_retry_after_is_held_against_the_servers_own_date() -> None:
    answer = (
        b"HTTP/1.1 503 Service Unavailable\r\nDate: Thu, 26 Nov 2026 16:00:00 GMT\r\n"
        b"Retry-After: Thu, 26 Nov 2026 16:02:00 GMT\r\nContent-Length: 0\r\n\r\n"
    )
    with answering(answer) as server:
        assert post(server.url) == Delivery("5xx", "HTTP 503", 120.0)
