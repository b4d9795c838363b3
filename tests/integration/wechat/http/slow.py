"""Calls to servers that are slow in one way or another, and how long they may take."""

from __future__ import annotations

import time

import pytest

from tests.integration.wechat.server import TRICKLE_S, Connection, Script, answer
from wechat.errors import Unanswered
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport

#: What the tests give a call, and when it has to be over at the latest, in seconds.
BUDGET_S = 0.15
AT_THE_LATEST_S = 3.0
#: What a trickling server would need for its whole answer, in seconds: far more than that.
LONG_S = 6.0

OK = b'{"errcode":0}'
LONG = int(LONG_S / TRICKLE_S)


def trickled(head: bytes, tail: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(head)
        connection.trickle(tail)

    return script


BODY = trickled(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LONG + 13), b" " * LONG + OK)
SLOW: dict[str, Script] = {
    "no answer": lambda connection: connection.stay_silent(),
    "status line": trickled(b"HTTP/1.1 200 ", b"O" * LONG + b"\r\n\r\n" + OK),
    "headers": trickled(b"HTTP/1.1 200 OK\r\nX: ", b"y" * LONG + b"\r\n\r\n" + OK),
    "header lines": trickled(b"HTTP/1.1 200 OK\r\n", b"X:y\r\n" * (LONG // 5) + b"\r\n" + OK),
    "interim answers": trickled(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * (LONG // 25) + answer(OK)),
    "processing": trickled(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * (LONG // 27) + answer(OK)),
    "hints": trickled(b"HTTP/1.1 103 Early Hints\r\n", b"Link: </x>\r\n" * (LONG // 12) + b"\r\n"),
    "body": BODY,
    "chunks": trickled(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * (LONG // 6) + b"0\r\n\r\n"
    ),
    "body of unknown length": trickled(b"HTTP/1.1 200 OK\r\n\r\n", b" " * LONG + OK),
    "body of a redirect": trickled(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: %d\r\n\r\n" % LONG, b" " * LONG
    ),
    "second half": trickled(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + OK, b""),
}


def seconds_until_unanswered(transport: Transport, seconds: float) -> float:
    started = time.monotonic()
    with pytest.raises(Unanswered):
        call(transport, seconds)
    return time.monotonic() - started


def call(transport: Transport, seconds: float) -> None:
    transport.call("/wxa/commit", deadline=Deadline(seconds), query={"access_token": "t"}, body={})
