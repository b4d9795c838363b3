from __future__ import annotations

import io
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.http.addresses import resolve
from tests.integration.wechat.http.slow import (
    AT_THE_LATEST_S,
    BUDGET_S,
    OK,
    SLOW,
    call,
    seconds_until_unanswered,
)
from tests.integration.wechat.server import Connection, Script, answer, once
from wechat.errors import Unanswered
from wechat.http.transport import Transport


@pytest.fixture
def tls_transport_to(
    serve: Serve, transport_to: TransportTo, certificate: Path
) -> Callable[[Script], Transport]:
    """Start a TLS server with a script; the transport trusts it."""

    def build(script: Script) -> Transport:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        transport = transport_to(serve(script, context).url, read_s=60)
        transport._wire().verify = str(certificate)
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
    transport._wire().verify = str(certificate)

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
    transport._wire().verify = str(certificate)

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
    transport._wire().verify = True

    with pytest.raises(Unanswered, match="TLS failed"):
        call(transport, 30)
