from __future__ import annotations

import json
import time

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.http.slow import (
    AT_THE_LATEST_S,
    BODY,
    BUDGET_S,
    OK,
    SLOW,
    call,
    seconds_until_unanswered,
    trickled,
)
from tests.integration.wechat.server import Connection, Script, answer, once
from wechat.errors import Unanswered
from wechat.http.deadline import Deadline


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW.keys())
def test_slow_answer_ends_by_the_deadline(serve: Serve, transport_to: TransportTo, script: Script) -> None:
    transport = transport_to(serve(script).url, read_s=60)

    assert seconds_until_unanswered(transport, BUDGET_S) < AT_THE_LATEST_S


def test_silence_after_a_late_beginning_ends_by_the_deadline(serve: Serve, transport_to: TransportTo) -> None:
    # Given a server that uses most of the time for the headers, and then says no more
    def script(connection: Connection) -> None:
        connection.read()
        connection.pause(1.0)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
        connection.stay_silent()

    # When the call is given a little more, then it does not wait as long for the body once more
    assert seconds_until_unanswered(transport_to(serve(script).url, read_s=60), 1.1) < 2.0


@pytest.mark.parametrize("part", ["headers", "body"])
def test_slow_answer_ends_by_the_sum_of_the_timeouts(
    serve: Serve, transport_to: TransportTo, part: str
) -> None:
    transport = transport_to(serve(SLOW[part]).url, connect_s=BUDGET_S / 2, read_s=BUDGET_S / 2)

    assert seconds_until_unanswered(transport, 60) < AT_THE_LATEST_S


def test_answer_that_takes_its_time_but_keeps_the_deadline_is_read(
    serve: Serve, transport_to: TransportTo
) -> None:
    call(transport_to(serve(trickled(answer(b"")[:20], answer(OK)[20:])).url), 30)


def test_deadline_that_is_over_sends_nothing(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once(answer(OK)))

    with pytest.raises(Unanswered, match="the deadline passed"):
        call(transport_to(server.url), 0)

    assert server.requests == []


def test_silence_is_named_after_the_read_timeout(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(lambda connection: connection.stay_silent())

    with pytest.raises(Unanswered, match="no answer within the read timeout"):
        call(transport_to(server.url, read_s=0.1), 60)


def test_read_timeout_is_obeyed_though_the_deadline_is_far(serve: Serve, transport_to: TransportTo) -> None:
    transport = transport_to(
        serve(lambda connection: connection.stay_silent()).url, connect_s=60, read_s=BUDGET_S
    )

    assert seconds_until_unanswered(transport, 60) < AT_THE_LATEST_S


def test_call_after_a_timeout_uses_a_new_connection(serve: Serve, transport_to: TransportTo) -> None:
    def late_once(connection: Connection) -> None:
        request = connection.read()
        if request is not None and request.connection == 1:
            connection.stay_silent()
        else:
            connection.send(answer(OK))

    server = serve(late_once)
    transport = transport_to(server.url, read_s=0.1)
    with pytest.raises(Unanswered):
        call(transport, 60)

    call(transport, 60)

    assert [request.connection for request in server.requests] == [1, 2]


def test_slow_answer_through_a_proxy_ends_by_the_deadline(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", serve(BODY).url)
    transport = transport_to("http://wechat.invalid", read_s=60)

    assert seconds_until_unanswered(transport, BUDGET_S) < AT_THE_LATEST_S


def test_call_goes_through_the_proxy_of_the_environment(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    proxy = serve(once(answer(OK)))
    monkeypatch.setenv("http_proxy", proxy.url)

    call(transport_to("http://wechat.invalid"), 30)

    assert [request.target for request in proxy.requests] == [
        "http://wechat.invalid/wxa/commit?access_token=t"
    ]


def test_request_that_nobody_reads_ends_by_the_deadline(serve: Serve, transport_to: TransportTo) -> None:
    transport = transport_to(serve(lambda connection: connection.stay_silent()).url, read_s=60)
    body = {"ext_json": json.dumps("x" * 32 * 1024 * 1024)}
    started = time.monotonic()

    with pytest.raises(Unanswered):
        transport.call("/wxa/commit", deadline=Deadline(BUDGET_S), query={}, body=body)

    assert time.monotonic() - started < AT_THE_LATEST_S
