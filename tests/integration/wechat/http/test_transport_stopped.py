"""A process that stands still for a minute, in the middle of a call, sends nothing when it goes on."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
import urllib3.connection
import urllib3.util.connection

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.http.slow import OK, call
from tests.integration.wechat.server import always, answer
from wechat.errors import Unanswered
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport


class Stopped:
    """A clock that goes on while the process stands still: each `stop` is a minute."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def stop(self) -> None:
        self.seconds += 60


def stopping(clock: Stopped, real: Callable[..., Any]) -> Callable[..., Any]:
    """Stands for a function in the middle of which the process is stopped."""

    def stopped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        clock.stop()
        return result

    return stopped


def unanswered_by(transport: Transport, clock: Stopped) -> str:
    with pytest.raises(Unanswered) as caught:
        transport.call("POST", "/wxa/commit", deadline=Deadline(30, clock), query={}, body={"a": "b"})
    return caught.value.problem


def test_nothing_is_sent_after_the_deadline_passed_while_connecting(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, clock = serve(always(answer(OK))), Stopped()
    connect = stopping(clock, urllib3.util.connection.create_connection)
    monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)

    assert "the deadline passed" in unanswered_by(transport_to(server.url), clock)

    assert server.requests == []


def test_nothing_is_sent_after_the_deadline_passed_on_a_connection_that_was_used_before(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, clock = serve(always(answer(OK))), Stopped()
    transport = transport_to(server.url)
    call(transport, 30)
    putrequest = stopping(clock, urllib3.connection.HTTPConnection.putrequest)
    monkeypatch.setattr(urllib3.connection.HTTPConnection, "putrequest", putrequest)

    assert "the deadline passed" in unanswered_by(transport, clock)

    assert len(server.requests) == 1


def test_nothing_is_sent_after_the_deadline_passed_in_the_handshake(
    serve: Serve, transport_to: TransportTo, certificate: Path
) -> None:
    clock = Stopped()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda *_: clock.stop()
    server = serve(always(answer(OK)), context)
    transport = transport_to(server.url.replace("127.0.0.1", "localhost"))
    transport._wire().verify = str(certificate)

    assert "the deadline passed" in unanswered_by(transport, clock)

    assert server.requests == []


def test_a_call_is_not_completed_after_the_deadline(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a process that is stopped when the headers of a call are out and its body is not
    server, clock = serve(always(answer(OK))), Stopped()
    endheaders = stopping(clock, urllib3.connection.HTTPConnection.endheaders)
    monkeypatch.setattr(urllib3.connection.HTTPConnection, "endheaders", endheaders)

    assert "the deadline passed" in unanswered_by(transport_to(server.url), clock)

    # Then the server waits for the rest until the client hangs up
    assert [request.body for request in server.requests] in ([], [b""])


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no such clock")
def test_deadline_goes_by_the_clock_that_goes_on_while_the_machine_sleeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a machine that sleeps for a minute: the monotonic clock stands still, the other one does not
    deadline, now = Deadline(30), time.clock_gettime(time.CLOCK_BOOTTIME)
    monkeypatch.setattr(
        time,
        "clock_gettime",
        lambda clock: now + 60 if clock == time.CLOCK_BOOTTIME else time.monotonic(),
    )

    assert not deadline.has(0)
