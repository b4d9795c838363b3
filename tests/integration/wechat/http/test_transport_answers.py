from __future__ import annotations

import gzip
import json
from contextlib import suppress
from typing import Any

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.server import Connection, RawServer, Script, always, answer, once
from wechat.errors import Refused, Unanswered
from wechat.http.clock import WeChatClock
from wechat.http.deadline import Deadline
from wechat.http.transport import MAX_BODY, Transport

TOKEN = "90_token-of-a-merchant"
OK = b'{"errcode":0,"errmsg":"ok"}'


def post(transport: Transport, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return transport.call(
        "POST", "/wxa/commit", deadline=Deadline(10), query={"access_token": TOKEN}, body=body or {}
    )


def problem_of(transport: Transport) -> str:
    with pytest.raises(Unanswered) as caught:
        post(transport)
    assert caught.value.endpoint == "/wxa/commit"
    return caught.value.problem


@pytest.mark.parametrize(
    "content_type", [b"application/json; encoding=utf-8", b"text/plain", b"text/html", b"image/jpeg", b""]
)
def test_content_type_of_an_answer_does_not_matter(
    serve: Serve, transport_to: TransportTo, content_type: bytes
) -> None:
    server = serve(always(answer('{"errcode":0,"x":"中"}'.encode(), b"Content-Type: " + content_type)))

    assert post(transport_to(server.url)) == {"errcode": 0, "x": "中"}


def test_answer_in_chunks_is_put_together(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(
        always(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"errco\r\n7\r\nde": 0}\r\n0\r\n\r\n'
        )
    )

    assert post(transport_to(server.url)) == {"errcode": 0}


def test_answer_without_a_length_ends_with_the_connection(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once(b"HTTP/1.1 200 OK\r\n\r\n", OK))

    assert post(transport_to(server.url))["errmsg"] == "ok"


def test_compressed_answer_is_unpacked(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(gzip.compress(OK), b"Content-Encoding: gzip")))

    assert post(transport_to(server.url))["errmsg"] == "ok"


def test_interim_answers_are_passed_over(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + answer(OK)))

    assert post(transport_to(server.url))["errmsg"] == "ok"


def test_refusal_comes_with_its_fields(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(b'{"errcode":85016,"errmsg":"too many rid: r-1","x":1}')))

    with pytest.raises(Refused) as caught:
        post(transport_to(server.url))

    error = caught.value
    assert (error.endpoint, error.errcode, error.rid) == ("/wxa/commit", 85016, "r-1")
    assert error.fields["x"] == 1


def test_request_is_raw_utf8_json_in_one_piece(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(OK)))

    post(transport_to(server.url), {"user_desc": '第 1 版 "🎉"', "n": 1})

    (request,) = server.requests
    assert request.body == '{"user_desc":"第 1 版 \\"🎉\\"","n":1}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.body))


def test_request_carries_the_token_in_the_query_alone(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(OK)))

    post(transport_to(server.url + "/"))

    (request,) = server.requests
    assert (request.method, request.target) == ("POST", f"/wxa/commit?access_token={TOKEN}")
    assert TOKEN not in repr(request.headers)
    assert request.body == b"{}"


def test_get_has_no_body(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(OK)))

    transport_to(server.url).call(
        "GET", "/wxa/security/get_code_privacy_info", deadline=Deadline(10), query={}
    )

    (request,) = server.requests
    assert (request.method, request.target, request.body) == (
        "GET",
        "/wxa/security/get_code_privacy_info",
        b"",
    )
    assert "content-length" not in request.headers


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_that_json_does_not_know_is_never_sent(
    serve: Serve, transport_to: TransportTo, value: float
) -> None:
    server = serve(always(answer(OK)))

    with pytest.raises(ValueError, match="JSON compliant"):
        post(transport_to(server.url), {"ext": value})

    assert server.requests == []


def test_page_of_a_gateway_is_no_answer(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(always(answer(b"<html>502</html>", status=b"502 Bad Gateway")))

    assert problem_of(transport_to(server.url)) == "HTTP 502 with HTML (16 characters)"


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect"])
def test_redirect_is_not_followed(serve: Serve, transport_to: TransportTo, status: bytes) -> None:
    elsewhere = serve(always(answer(OK)))
    server = serve(always(answer(b"", b"Location: " + elsewhere.url.encode(), status=status)))

    assert problem_of(transport_to(server.url)).startswith(f"HTTP {status[:3].decode()}")
    assert elsewhere.requests == []


@pytest.mark.parametrize("location", [b"http://[", b"\xff\xfe"], ids=["no address", "no text"])
def test_redirect_to_nonsense_is_no_answer(serve: Serve, transport_to: TransportTo, location: bytes) -> None:
    server = serve(always(answer(b"", b"Location: " + location, status=b"302 Found")))

    assert problem_of(transport_to(server.url)).startswith("HTTP 302")


@pytest.mark.parametrize("length_is_told", [True, False])
def test_body_over_the_bound_is_no_answer(
    serve: Serve, transport_to: TransportTo, length_is_told: bool
) -> None:
    body = b'{"x":"' + b"x" * MAX_BODY + b'"}'
    told = once(answer(body))
    server = serve(told if length_is_told else once(b"HTTP/1.1 200 OK\r\n\r\n", body))

    assert problem_of(transport_to(server.url)) == f"HTTP 200 with a body over {MAX_BODY} bytes"


def test_body_within_the_bound_is_read_whole(serve: Serve, transport_to: TransportTo) -> None:
    fields = {"errcode": 0, "x": "x" * (MAX_BODY - 20)}
    body = json.dumps(fields, separators=(",", ":")).encode()

    assert len(body) == MAX_BODY
    assert post(transport_to(serve(once(answer(body))).url)) == fields


def test_bomb_of_compressed_blanks_is_no_answer(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once(answer(gzip.compress(b" " * 64 * MAX_BODY, 1), b"Content-Encoding: gzip")))

    assert "a body over" in problem_of(transport_to(server.url))


def bytes_taken_of(serve: Serve, transport_to: TransportTo, head: bytes) -> int:
    """How much of an endless body left the server before the client hung up."""
    sent = [0]

    def script(connection: Connection) -> None:
        connection.read()
        connection.send(head)
        while sent[0] < 20 * MAX_BODY:
            connection.send(b"x" * 65536)
            sent[0] += 65536

    with pytest.raises(Unanswered):
        post(transport_to(serve(script).url))
    return sent[0]


def test_endless_body_is_not_read_far_beyond_the_bound(serve: Serve, transport_to: TransportTo) -> None:
    assert bytes_taken_of(serve, transport_to, b"HTTP/1.1 200 OK\r\n\r\n") < 4 * MAX_BODY


def test_endless_body_of_a_redirect_is_not_read_far_beyond_the_bound(
    serve: Serve, transport_to: TransportTo
) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"

    assert bytes_taken_of(serve, transport_to, head) < 4 * MAX_BODY


CUT = "the connection was cut in the middle of the answer"


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        pytest.param([], "the connection failed or was cut", id="before the answer"),
        pytest.param([b"HTT"], "the connection failed or was cut", id="in the status line"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX: y"], "HTTP 200 with an empty body", id="in the headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", OK], CUT, id="in the body"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n", OK], CUT, id="in a chunk"
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n", OK, b"\r\n"],
            CUT,
            id="between chunks",
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nlong\r\n", OK], CUT, id="no chunk length"
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", OK],
            "the answer is no HTTP",
            id="a negative chunk length",
        ),
        pytest.param(
            [b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 99\r\n\r\n", OK],
            CUT,
            id="in a redirect",
        ),
        pytest.param([b"220 smtp.example.com ESMTP\r\n"], "the connection failed or was cut", id="no HTTP"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 200, b"\r\n"],
            "the connection failed or was cut",
            id="too many headers",
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nX: ", b"y" * 100_000],
            "the connection failed or was cut",
            id="too long a header",
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"],
            "the HTTP request failed",
            id="two lengths",
        ),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", OK],
            "the body could not be decoded",
            id="not compressed",
        ),
    ],
)
def test_broken_answer_is_no_answer(
    serve: Serve, transport_to: TransportTo, parts: list[bytes], problem: str
) -> None:
    assert problem_of(transport_to(serve(once(*parts)).url)) == problem


def test_refused_connection_is_no_answer(transport_to: TransportTo) -> None:
    with RawServer(once()) as server:
        url = server.url

    assert problem_of(transport_to(url)) == "the connection failed or was cut"


def test_server_that_speaks_no_tls_is_no_answer(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once(b"220 smtp.example.com ESMTP\r\n"))

    assert problem_of(transport_to(server.url.replace("http:", "https:"))) == "TLS failed"


def test_call_is_sent_once_even_if_it_is_not_answered(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once())

    problem_of(transport_to(server.url))

    assert len(server.requests) == 1


def test_date_header_feeds_the_clock(serve: Serve) -> None:
    server = serve(once(answer(OK, b"Date: Wed, 21 Oct 2015 07:28:00 GMT")))
    clock = WeChatClock(monotonic=lambda: 100.0)
    transport = Transport(api_url=server.url, connect_timeout_s=5, read_timeout_s=5, clock=clock)

    post(transport)
    transport._wire().close()

    assert clock.now() == 1445412480.0


def test_date_header_of_a_refusal_feeds_the_clock_too(serve: Serve, transport_to: TransportTo) -> None:
    server = serve(once(answer(b'{"errcode":-1}', b"Date: Wed, 21 Oct 2015 07:28:00 GMT")))
    transport = transport_to(server.url)

    with pytest.raises(Refused):
        post(transport)

    assert transport.clock.is_set


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"errcode":123456789}'])
def test_date_header_of_what_is_no_answer_is_not_wechats(
    serve: Serve, transport_to: TransportTo, body: bytes
) -> None:
    page = answer(body, b"Date: Wed, 21 Oct 2015 07:28:00 GMT", status=b"502 Bad Gateway")
    transport = transport_to(serve(once(page)).url)

    with pytest.raises(Unanswered):
        post(transport)

    assert not transport.clock.is_set


def test_answer_without_a_date_leaves_the_clock_alone(serve: Serve, transport_to: TransportTo) -> None:
    transport = transport_to(serve(once(answer(OK))).url)

    post(transport)

    assert not transport.clock.is_set


@pytest.mark.parametrize(
    ("script", "errcode"),
    [
        (once(answer(OK)), 0),
        (once(answer(b'{"errcode":85018}')), 85018),
        (once(answer(b"<html>", status=b"502 Bad Gateway")), None),
        (once(), None),
    ],
)
def test_whoever_observes_is_told_how_a_call_ended(serve: Serve, script: Script, errcode: int | None) -> None:
    told: list[tuple[str, int | None, float]] = []
    transport = Transport(
        api_url=serve(script).url,
        connect_timeout_s=5,
        read_timeout_s=5,
        clock=WeChatClock(),
        observe=lambda *call: told.append(call),
    )

    with suppress(Refused, Unanswered):
        post(transport)
    transport._wire().close()

    ((endpoint, outcome, seconds),) = told
    assert (endpoint, outcome) == ("/wxa/commit", errcode)
    assert 0 < seconds < 5


DATED = (b"Date: Wed, 21 Oct 2015 07:28:00 GMT", b"Retry-After: Wed, 21 Oct 2015 07:29:30 GMT")


@pytest.mark.parametrize("status", [b"429 Too Many Requests", b"503 Service Unavailable", b"302 Found"])
@pytest.mark.parametrize(("headers", "wait"), [((b"Retry-After: 7",), 7), (DATED, 90), ((), None)])
def test_wait_that_a_server_asks_for_is_carried(
    serve: Serve, transport_to: TransportTo, status: bytes, headers: tuple[bytes, ...], wait: float | None
) -> None:
    server = serve(always(answer(b"<html>busy</html>", *headers, status=status)))

    with pytest.raises(Unanswered) as caught:
        post(transport_to(server.url))

    assert caught.value.retry_after_s == wait


def test_wait_is_carried_where_the_body_was_cut(serve: Serve, transport_to: TransportTo) -> None:
    head = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\n{"

    with pytest.raises(Unanswered) as caught:
        post(transport_to(serve(once(head)).url))

    assert (caught.value.retry_after_s, "cut" in caught.value.problem) == (7, True)
