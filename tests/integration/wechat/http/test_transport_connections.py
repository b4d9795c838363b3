from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.server import Connection, always, answer
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport

OK = answer(b'{"errcode":0}')


def get(transport: Transport) -> None:
    transport.call("GET", "/wxa/get_page", deadline=Deadline(10), query={"access_token": "t"})


def test_connection_is_kept_for_the_next_call(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(OK))
    transport = transport_to(server.url)

    for _ in range(3):
        get(transport)

    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_connection_is_kept_after_an_answer_in_chunks(serve: Serve, transport_to: TransportTo) -> None:
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n{"errcode":0}\r\n0\r\n\r\n'
    server = serve(always(chunked))
    transport = transport_to(server.url)

    get(transport)
    get(transport)

    assert [request.connection for request in server.requests] == [1, 1]


def test_deadline_of_one_call_does_not_bind_the_next_one(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(OK))
    transport = transport_to(server.url)
    moment = [0.0]
    first = Deadline(5, lambda: moment[0])

    transport.call("GET", "/wxa/get_page", deadline=first, query={})
    moment[0] = 1_000.0
    get(transport)

    assert [request.connection for request in server.requests] == [1, 1]


def test_connection_that_the_server_closed_is_not_used_again(serve: Serve, transport_to: TransportTo) -> None:
    closed = threading.Event()

    def script(connection: Connection) -> None:
        connection.read()
        connection.send(OK)
        connection.hang_up()
        closed.set()

    server = serve(script)
    transport = transport_to(server.url)

    get(transport)
    assert closed.wait(5)
    get(transport)

    assert [request.connection for request in server.requests] == [1, 2]


def test_each_thread_has_a_connection_of_its_own(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(OK))
    transport = transport_to(server.url)

    def two_calls() -> None:
        get(transport)
        get(transport)
        transport._session().close()

    for _ in range(3):
        thread = threading.Thread(target=two_calls)
        thread.start()
        thread.join()

    assert [request.connection for request in server.requests] == [1, 1, 2, 2, 3, 3]


def test_threads_call_at_the_same_time(serve: Serve, transport_to: TransportTo) -> None:
    # Each answer waits for the other request: calls one after the other would never end.
    both_asked = threading.Barrier(2)

    def script(connection: Connection) -> None:
        connection.read()
        both_asked.wait(5)
        connection.send(OK)

    transport = transport_to(serve(script).url)
    answered = []

    def call() -> None:
        get(transport)
        answered.append(1)
        transport._session().close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answered == [1, 1]


def test_one_session_serves_all_calls_of_a_thread_and_no_other_thread(transport_to: TransportTo) -> None:
    transport = transport_to("http://127.0.0.1")
    of_another: list[requests.Session] = []

    def look() -> None:
        with transport._session() as session:
            of_another.append(session)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert transport._session() is transport._session()
    assert of_another[0] is not transport._session()


def test_password_file_of_the_machine_is_not_used(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password of-this-machine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(always(OK))

    get(transport_to(server.url))

    assert "authorization" not in server.requests[0].headers
