from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.server import TRICKLE_S, Connection, Script, answer, once
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
    transport.call("POST", "/wxa/commit", deadline=Deadline(seconds), query={"access_token": "t"}, body={})


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


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that lets connections time out: nobody accepts, and its queue is full."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


def test_connection_that_does_not_come_ends_by_the_deadline(
    transport_to: TransportTo, full_port: int
) -> None:
    transport = transport_to(f"http://127.0.0.1:{full_port}", connect_s=60)

    assert seconds_until_unanswered(transport, BUDGET_S) < AT_THE_LATEST_S


def test_connection_that_does_not_come_is_named_after_the_connect_timeout(
    transport_to: TransportTo, full_port: int
) -> None:
    with pytest.raises(Unanswered, match="no connection within the connect timeout"):
        call(transport_to(f"http://127.0.0.1:{full_port}", connect_s=0.1), 60)


def test_all_addresses_of_a_host_share_the_deadline(
    transport_to: TransportTo, full_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a name server that knows eight addresses, none of which can be reached
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", full_port))
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *_, **__: [address] * (8 if host == "wechat.invalid" else 1)
    )
    transport = transport_to(f"http://wechat.invalid:{full_port}", connect_s=60)

    assert seconds_until_unanswered(transport, BUDGET_S) < AT_THE_LATEST_S


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    options = ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = file.with_name("key.pem")
    try:
        subprocess.run(
            [*command, *options, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed: no certificate to test TLS with")
    file.write_text(file.read_text() + key.read_text())
    return file


@pytest.fixture
def tls_transport_to(
    serve: Serve, transport_to: TransportTo, certificate: Path
) -> Callable[[Script], Transport]:
    """Start a TLS server with a script; the transport trusts it."""

    def build(script: Script) -> Transport:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        transport = transport_to(serve(script, context).url, read_s=60)
        transport._session().verify = str(certificate)
        return transport

    return build


def test_call_is_answered_over_tls(tls_transport_to: Callable[[Script], Transport]) -> None:
    call(tls_transport_to(once(answer(OK))), 30)


@pytest.mark.parametrize("part", ["no answer", "headers", "body"])
def test_slow_answer_over_tls_ends_by_the_deadline(
    tls_transport_to: Callable[[Script], Transport], part: str
) -> None:
    assert seconds_until_unanswered(tls_transport_to(SLOW[part]), BUDGET_S) < AT_THE_LATEST_S


def test_handshake_that_does_not_come_ends_by_the_deadline(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(lambda connection: connection.stay_silent())
    transport = transport_to(server.url.replace("http:", "https:"), connect_s=60, read_s=60)

    assert seconds_until_unanswered(transport, BUDGET_S) < AT_THE_LATEST_S


def test_certificate_of_nobody_known_is_refused(
    tls_transport_to: Callable[[Script], Transport],
) -> None:
    transport = tls_transport_to(once(answer(OK)))
    transport._session().verify = True

    with pytest.raises(Unanswered, match="TLS failed"):
        call(transport, 30)


def test_request_that_nobody_reads_ends_by_the_deadline(serve: Serve, transport_to: TransportTo) -> None:
    transport = transport_to(serve(lambda connection: connection.stay_silent()).url, read_s=60)
    body = {"ext_json": json.dumps("x" * 32 * 1024 * 1024)}
    started = time.monotonic()

    with pytest.raises(Unanswered):
        transport.call("POST", "/wxa/commit", deadline=Deadline(BUDGET_S), query={}, body=body)

    assert time.monotonic() - started < AT_THE_LATEST_S
