from __future__ import annotations

import io
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3
import urllib3.connection
import urllib3.util.connection

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.server import TRICKLE_S, Connection, Script, always, answer, once
from wechat.deadline import Deadline
from wechat.errors import Unanswered
from wechat.transport import Transport

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
    transport._session().verify = str(certificate)

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


def test_silence_is_named_after_the_read_timeout(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(lambda connection: connection.stay_silent())

    with pytest.raises(Unanswered, match="no answer within the read timeout"):
        call(transport_to(server.url, read_s=0.1), 60)


def test_read_timeout_is_obeyed_though_the_deadline_is_far(serve: Serve, transport_to: TransportTo) -> None:
    transport = transport_to(
        serve(lambda connection: connection.stay_silent()).url, connect_s=60, read_s=BUDGET_S
    )

    assert seconds_until_unanswered(transport, 60) < AT_THE_LATEST_S


def test_connect_timeout_is_obeyed_though_the_deadline_is_far(
    transport_to: TransportTo, full_port: int
) -> None:
    transport = transport_to(f"http://127.0.0.1:{full_port}", connect_s=BUDGET_S, read_s=60)

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


@contextmanager
def full_queue(host: str, port: int) -> Iterator[int]:
    """Let connections to an address time out: nobody accepts, and its queue is full."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


def resolve(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> None:
    """A name server that knows these addresses of a host."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        known = addresses if host == name else (host,)
        return [found for address in known for found in real(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that lets connections time out."""
    with full_queue("127.0.0.1", 0) as port:
        yield port


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


def test_next_address_is_tried_after_a_connect_timeout(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(once(answer(OK)))
    resolve(monkeypatch, "wechat.invalid", "127.0.0.2", "127.0.0.1")

    with full_queue("127.0.0.2", server.port):
        call(transport_to(f"http://wechat.invalid:{server.port}", connect_s=BUDGET_S, read_s=30), 60)

    assert [request.headers["host"] for request in server.requests] == [f"wechat.invalid:{server.port}"]


def test_next_address_is_tried_after_a_refused_connection(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(once(answer(OK)))
    resolve(monkeypatch, "wechat.invalid", "127.0.0.2", "127.0.0.1")

    call(transport_to(f"http://wechat.invalid:{server.port}"), 60)

    assert len(server.requests) == 1


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and a host name, with its key, in one file."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    options = [
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:wechat.invalid,DNS:localhost",
    ]
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


def test_bytes_behind_an_answer_over_tls_end_the_connection(
    serve: Serve, transport_to: TransportTo, certificate: Path
) -> None:
    # Given a server whose first answer fills a reader's buffer: what is behind it stays in the TLS record
    own = answer(OK.ljust(io.DEFAULT_BUFFER_SIZE - len(answer(b" " * 1000)) + 1000))
    assert len(own) == io.DEFAULT_BUFFER_SIZE

    def script(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            connection.send(own + answer(b'{"errcode":40001}') if request.connection == 1 else own)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = serve(script, context)
    transport = transport_to(server.url)
    transport._session().verify = str(certificate)

    for _ in range(3):
        call(transport, 30)

    assert [request.connection for request in server.requests] == [1, 2, 2]


@pytest.mark.parametrize("name", ["wechat.invalid", "other.invalid"])
def test_tls_is_made_for_the_name_of_the_host_not_for_its_address(
    serve: Serve,
    transport_to: TransportTo,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    # Given a server that notes the name it is asked for, and whose certificate is for one name
    asked_for: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, asked, _context: asked_for.append(asked)
    server = serve(once(answer(OK)), context)
    resolve(monkeypatch, name, "127.0.0.1")
    transport = transport_to(f"https://{name}:{server.port}", read_s=60)
    transport._session().verify = str(certificate)

    # When it is called by that name, it answers; by another one, it is not talked to
    if name == "wechat.invalid":
        call(transport, 30)
    else:
        with pytest.raises(Unanswered, match="TLS failed"):
            call(transport, 30)

    assert asked_for == [name]
    assert len(server.requests) == (name == "wechat.invalid")


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
