from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from requests.adapters import HTTPAdapter

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.server import Connection, Request, always, answer
from wechat.errors import Refused, Unanswered
from wechat.http.connections import MAX_INTERIM
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport

OK = answer(b'{"errcode":0}')


def get(transport: Transport) -> None:
    asked(transport, "/wxa/security/get_code_privacy_info")


def asked(transport: Transport, path: str) -> object:
    """The path that the answer is for."""
    return transport.call(path, deadline=Deadline(10), query={"access_token": "t"}).get("path")


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

    transport.call("/wxa/security/get_code_privacy_info", deadline=first, query={})
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
        transport.wire.close()

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
        transport.wire.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answered == [1, 1]


def test_one_adapter_serves_all_calls_of_a_thread_and_no_other_thread(transport_to: TransportTo) -> None:
    transport = transport_to("http://127.0.0.1")
    of_another: list[HTTPAdapter] = []

    def look() -> None:
        of_another.append(transport.wire._adapter())
        of_another[0].close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert transport.wire._adapter() is transport.wire._adapter()
    assert of_another[0] is not transport.wire._adapter()


def numbered(request: Request) -> bytes:
    """An answer that says which request it is for."""
    return answer(b'{"errcode":0,"path":"%s"}' % request.path.encode())


def interim(*statuses: int) -> bytes:
    return b"".join(b"HTTP/1.1 %d Wait\r\nLink: </x>; rel=preload\r\n\r\n" % status for status in statuses)


STALE = b'{"errcode":0,"path":"/stale"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1d\r\n%s\r\n0\r\n\r\n"
#: The right answer to a request; a number is a pause in seconds.
OWN = b"OWN"
#: What a server may do with its first request; the answers to all later ones are right.
FIRST: dict[str, tuple[bytes | float, ...]] = {
    "two answers in one segment": (OWN + answer(STALE),),
    "two answers": (OWN, answer(STALE)),
    "a body longer than its length": (OWN + b"more",),
    "half an answer behind": (OWN + answer(STALE)[:20],),
    "bytes behind the last chunk": (CHUNKED % STALE + answer(STALE),),
    "a length of 0 and a body": (answer(b"") + STALE,),
    "204 with an answer behind": (answer(b"", status=b"204 No Content") + answer(STALE),),
    "an empty 200, the answer later": (answer(b""), 0.1, OWN),
    "304 with a body": (answer(STALE, status=b"304 Not Modified"),),
    "101 and the answer": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + OWN,),
    "an answer without errcode": (answer(b"{}"), 0.1, OWN),
    "too many interim answers": (interim(*[102] * (MAX_INTERIM + 1)), OWN),
    "the answer after the read timeout": (0.5, OWN),
    "an unfinished interim answer": (b"HTTP/1.1 103 Hints\r\n", 0.5),
    "an error, the answer later": (answer(b"<html>", status=b"504 Gateway Timeout"), 0.1, OWN),
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST.keys())
def test_no_answer_of_one_call_counts_for_another(
    serve: Serve, transport_to: TransportTo, first: tuple[bytes | float, ...]
) -> None:
    all_sent = threading.Event()

    def script(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            own = numbered(request)
            if request.path != "/wxa/first":
                connection.send(own)
                continue
            with suppress(OSError):
                for part in first:
                    if isinstance(part, float):
                        connection.pause(part)
                    else:
                        connection.send(part.replace(OWN, own))
            all_sent.set()

    server = serve(script)
    transport = transport_to(server.url, read_s=0.3)

    with suppress(Unanswered):
        assert asked(transport, "/wxa/first") in ("/wxa/first", "/stale")
    assert all_sent.wait(5)
    answered = [asked(transport, f"/wxa/{number}") for number in range(3)]

    assert answered == ["/wxa/0", "/wxa/1", "/wxa/2"]
    assert [request.connection for request in server.requests] == [1, 2, 2, 2]


def test_no_answer_of_another_system_counts_for_its_next_one(serve: Serve, transport_to: TransportTo) -> None:
    def script(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            connection.send(numbered(request) + (answer(STALE) if request.path == "/first" else b""))

    server = serve(script)
    transport = transport_to(server.url)

    bodies = [
        transport.fetch(path, deadline=Deadline(10), query={}).body for path in ("/first", "/next", "/next")
    ]

    assert b"/next" in bodies[1]
    assert [request.connection for request in server.requests] == [1, 2, 2]


@pytest.mark.parametrize(
    "statuses", [(100,), (102,), (103,), (103, 103), (100, 102, 103, 199), (102,) * MAX_INTERIM]
)
def test_interim_answers_are_skipped_and_the_connection_is_kept(
    serve: Serve, transport_to: TransportTo, statuses: tuple[int, ...]
) -> None:
    def script(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            connection.send(interim(*statuses))
            connection.pause(0.05)
            connection.send(numbered(request))

    server = serve(script)
    transport = transport_to(server.url)

    assert [asked(transport, f"/wxa/{number}") for number in range(3)] == ["/wxa/0", "/wxa/1", "/wxa/2"]
    assert {request.connection for request in server.requests} == {1}


def test_connection_is_kept_after_a_refusal(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(b'{"errcode":-1,"errmsg":"busy"}', status=b"500 x")))
    transport = transport_to(server.url)

    for _ in range(2):
        with pytest.raises(Refused):
            get(transport)

    assert [request.connection for request in server.requests] == [1, 1]


@pytest.mark.parametrize(
    "not_understood",
    [
        answer(b""),
        answer(b"{}"),
        answer(b'{"code":403}'),
        answer(b'{"errcode":0}', status=b"504 Gateway Timeout"),
        answer(b"<html>", status=b"503 Service Unavailable"),
        answer(b"", status=b"204 No Content"),
    ],
)
def test_connection_is_not_used_again_after_an_answer_that_was_not_understood(
    serve: Serve, transport_to: TransportTo, not_understood: bytes
) -> None:
    # Given a server whose own answer to the first request comes with the second request
    def script(connection: Connection) -> None:
        request = connection.read()
        if request is not None and request.connection == 1:
            connection.send(not_understood)
            connection.read()
            connection.send(answer(STALE))
        elif request is not None:
            connection.send(numbered(request))

    server = serve(script)
    transport = transport_to(server.url)
    with pytest.raises(Unanswered):
        asked(transport, "/wxa/first")

    assert asked(transport, "/wxa/second") == "/wxa/second"
    assert [request.connection for request in server.requests] == [1, 2]


def test_password_file_of_the_machine_is_not_used(
    serve: Serve, transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password of-this-machine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(always(OK))

    get(transport_to(server.url))

    assert "authorization" not in server.requests[0].headers
