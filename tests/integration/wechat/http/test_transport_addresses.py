from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.http.addresses import full_queue, resolve
from tests.integration.wechat.http.slow import AT_THE_LATEST_S, BUDGET_S, OK, call, seconds_until_unanswered
from tests.integration.wechat.server import answer, once
from wechat.errors import Unanswered


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


def test_connect_timeout_is_obeyed_though_the_deadline_is_far(
    transport_to: TransportTo, full_port: int
) -> None:
    transport = transport_to(f"http://127.0.0.1:{full_port}", connect_s=BUDGET_S, read_s=60)

    assert seconds_until_unanswered(transport, 60) < AT_THE_LATEST_S
