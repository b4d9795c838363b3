from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from tests.integration.wechat.conftest import Serve, TransportTo
from tests.integration.wechat.names import APPSECRET
from tests.integration.wechat.server import Connection, RawServer, Script, answer, once
from tests.integration.wechat.shown import everything_shown_by
from wechat.errors import Refused, WeChatError
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport

TOKEN = "90_token-of-a-merchant"
BODY_SECRET = "refreshtoken@@@in-the-body"
#: What a record has that nobody added to.
_OF_ANY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime"}


def stops_after(data: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.read()
        connection.send(data)
        connection.stay_silent()

    return script


SILENCES: dict[str, Script] = {
    "is silent": stops_after(b""),
    "stops in the headers": stops_after(b"HTTP/1.1 200 OK\r\n"),
    "stops in the body": stops_after(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
}
FAULTS: dict[str, Script] = {
    **SILENCES,
    "hangs up": once(),
    "hangs up in the headers": once(b"HTTP/1.1 200 OK\r\nX: y"),
    "hangs up in the body": once(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "hangs up in a chunk": once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{"),
    "speaks no HTTP": once(b"220 smtp.example.com ESMTP\r\n"),
    "sends another coding": once(answer(b"{}", b"Content-Encoding: gzip")),
    "sends two lengths": once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "sends too much": once(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 5_000_000),
    "redirects": once(answer(b"", b"Location: /elsewhere", status=b"302 Found")),
    "is a broken gateway": once(answer(f"<html>{TOKEN}</html>".encode(), status=b"502 Bad Gateway")),
    "echoes without errcode": once(answer(f'"{TOKEN}"'.encode())),
    "refuses": once(answer(b'{"errcode":40001,"errmsg":"invalid credential rid: r-1"}')),
}


def error_of(transport: Transport, seconds: float = 5) -> WeChatError:
    with pytest.raises(WeChatError) as caught:
        transport.call(
            "/wxa/commit",
            deadline=Deadline(seconds),
            query={"access_token": TOKEN},
            body={"authorizer_refresh_token": BODY_SECRET},
            secrets=(BODY_SECRET,),
        )
    return caught.value


def event(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The one event of a call: the fields that were added to its line."""
    (record,) = caplog.records
    assert record.getMessage() == "wechat call"
    return {name: value for name, value in vars(record).items() if name not in _OF_ANY_RECORD}


def assert_nothing_secret(shown: str, url: str) -> None:
    for secret in (TOKEN, BODY_SECRET, APPSECRET, "access_token=", url, url.partition("://")[2]):
        assert secret not in shown


@pytest.mark.parametrize("fault", FAULTS)
def test_error_shows_neither_token_nor_url(serve: Serve, transport_to: TransportTo, fault: str) -> None:
    url = serve(FAULTS[fault]).url

    error = error_of(transport_to(url), 0.15 if fault in SILENCES else 5)

    assert_nothing_secret(everything_shown_by(error), url)


def test_error_of_a_refused_connection_shows_neither_token_nor_url(transport_to: TransportTo) -> None:
    with RawServer(once()) as server:
        url = server.url

    assert_nothing_secret(everything_shown_by(error_of(transport_to(url))), url)


def test_error_of_an_unknown_host_shows_neither_token_nor_url(transport_to: TransportTo) -> None:
    url = "http://no-such-host.invalid"

    assert_nothing_secret(everything_shown_by(error_of(transport_to(url))), url)


def test_error_of_a_failed_handshake_shows_neither_token_nor_url(
    serve: Serve, transport_to: TransportTo
) -> None:
    url = serve(once(b"220 smtp.example.com ESMTP\r\n")).url.replace("http:", "https:")

    assert_nothing_secret(everything_shown_by(error_of(transport_to(url))), url)


def test_error_of_a_broken_proxy_shows_not_its_password(
    transport_to: TransportTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with RawServer(once()) as server:
        monkeypatch.setenv("http_proxy", server.url.replace("://", "://me:password-of-the-proxy@"))

    shown = everything_shown_by(error_of(transport_to("http://wechat.invalid")))

    assert "password-of-the-proxy" not in shown
    assert_nothing_secret(shown, "http://wechat.invalid")


def test_secrets_that_are_echoed_are_masked_in_errmsg(serve: Serve, transport_to: TransportTo) -> None:
    echo = f'{{"errcode":40001,"errmsg":"{TOKEN} {BODY_SECRET} {APPSECRET}"}}'.encode()

    error = error_of(transport_to(serve(once(answer(echo))).url))

    assert isinstance(error, Refused)
    assert error.errmsg == "*** *** ***"


def test_secrets_that_are_echoed_show_nowhere_in_the_error(serve: Serve, transport_to: TransportTo) -> None:
    echo = f'{{"errcode":40001,"errmsg":"{TOKEN} {BODY_SECRET} {APPSECRET}"}}'.encode()
    url = serve(once(answer(echo))).url

    assert_nothing_secret(everything_shown_by(error_of(transport_to(url))), url)


@pytest.mark.parametrize("fault", FAULTS)
def test_log_of_a_failed_call_shows_no_token(
    serve: Serve, transport_to: TransportTo, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    error_of(transport_to(serve(FAULTS[fault]).url), 0.15 if fault in SILENCES else 5)

    assert "wechat call" in caplog.text
    shown = caplog.text + repr([vars(record) for record in caplog.records])
    assert TOKEN not in shown
    assert BODY_SECRET not in shown


def test_log_of_a_malformed_header_shows_no_token(
    serve: Serve, transport_to: TransportTo, caplog: pytest.LogCaptureFixture
) -> None:
    transport = transport_to(serve(once(answer(b'{"errcode":-1}', b"no colon in this line"))).url)
    caplog.set_level(logging.INFO)

    error_of(transport)

    assert TOKEN not in caplog.text


def test_log_of_a_call_names_endpoint_appid_errcode_and_rid(
    serve: Serve, transport_to: TransportTo, caplog: pytest.LogCaptureFixture
) -> None:
    transport = transport_to(serve(once(answer(b'{"errcode":85013,"errmsg":"x rid: r-1"}'))).url)
    caplog.set_level(logging.INFO, "wechat.http.transport")

    began = time.monotonic()
    with pytest.raises(Refused):
        transport.call("/wxa/security/get_code_privacy_info", deadline=Deadline(9), query={}, appid="wx1")

    told = event(caplog)
    assert 0 <= told.pop("ms") <= (time.monotonic() - began) * 1000 + 1
    assert told == {
        "endpoint": "/wxa/security/get_code_privacy_info",
        "appid": "wx1",
        "status": 200,
        "errcode": 85013,
        "rid": "r-1",
    }


def test_log_tells_an_unanswered_call_from_an_answered_one(
    serve: Serve, transport_to: TransportTo, caplog: pytest.LogCaptureFixture
) -> None:
    transport = transport_to(serve(once()).url)
    caplog.set_level(logging.INFO, "wechat.http.transport")

    began = time.monotonic()
    error_of(transport)

    told = event(caplog)
    assert 0 <= told.pop("ms") <= (time.monotonic() - began) * 1000 + 1
    assert told == {"endpoint": "/wxa/commit", "problem": "the connection failed or was cut"}


def test_log_of_an_answer_that_is_no_use_has_its_http_status(
    serve: Serve, transport_to: TransportTo, caplog: pytest.LogCaptureFixture
) -> None:
    transport = transport_to(serve(FAULTS["is a broken gateway"]).url)
    caplog.set_level(logging.INFO, "wechat.http.transport")

    error_of(transport)

    told = event(caplog)
    assert told["status"] == 502
    assert told["problem"].startswith("HTTP 502")
    assert "errcode" not in told
