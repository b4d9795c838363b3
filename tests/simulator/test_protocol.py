import http.client
import json
import re
import socket
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest

from tests.simulator.client import MINI, Client

RID = re.compile(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$")


def test_a_refusal_is_http_200_with_json_and_a_rid(wechat: Client) -> None:
    answer = wechat.raw("POST", "/wxa/getversioninfo", data=b"{}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; encoding=utf-8"
    assert answer.json()["errcode"] == 41001
    assert RID.search(answer.json()["errmsg"])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/wxa/no_such_thing", "/wxa/commit/", "/_simulator"])
def test_an_unknown_path_is_refused_as_anything_else_is(wechat: Client, method: str, path: str) -> None:
    answer = wechat.raw(method, path, data=b"{}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; encoding=utf-8"
    assert answer.json()["errcode"] == 40066
    assert RID.search(answer.json()["errmsg"])


@pytest.mark.parametrize("path", ["/wxa/getversioninfo", "/wxa/no_such_thing", "/_sim/clock"])
@pytest.mark.parametrize("header", ["100-continue", "100-Continue"])
def test_a_body_that_waits_for_100_continue_is_asked_for(simulator_url: str, path: str, header: str) -> None:
    place = urlsplit(simulator_url)
    head = f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nExpect: {header}\r\nContent-Length: 17\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=10) as client:
        client.sendall(head.encode())
        with client.makefile("rb") as answers:
            assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
            assert answers.readline() == b"\r\n"
            client.sendall(b'{"advance_s": 10}')
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_client_of_http_1_0_is_sent_no_100(simulator_url: str) -> None:
    place = urlsplit(simulator_url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as client:
        client.sendall(b"POST /wxa/none HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}")
        with client.makefile("rb") as answers:
            assert answers.readline().split()[1] == b"200"


@pytest.mark.parametrize(
    ("method", "path", "errcode"),
    [
        ("POST", "/wxa/get_page", 43001),
        ("GET", "/wxa/commit", 43002),
        ("GET", "/wxa/get_effective_domain", 43002),
    ],
)
def test_the_wrong_verb_is_refused(wechat: Client, method: str, path: str, errcode: int) -> None:
    answer = wechat.raw(method, f"{path}?access_token={wechat.token()}", data=b"{}")
    assert answer.json()["errcode"] == errcode


def test_queryquota_takes_either_verb(wechat: Client) -> None:
    assert wechat.get("queryquota")["errcode"] == 0
    assert wechat.mini("queryquota")["errcode"] == 0


@pytest.mark.parametrize(("data", "errcode"), [(b"", 44002), (b"[]", 47001), (b"{", 47001), (b"\xff", 47001)])
def test_a_post_needs_an_object(wechat: Client, data: bytes, errcode: int) -> None:
    answer = wechat.raw("POST", f"/wxa/getversioninfo?access_token={wechat.token()}", data=data)
    assert answer.json()["errcode"] == errcode


def test_escaped_chinese_is_taken(wechat: Client) -> None:
    body = {"template_id": 1, "user_version": "1", "user_desc": "中", "ext_json": "{}"}
    path = f"/wxa/commit?access_token={wechat.token()}"
    assert wechat.raw("POST", path, data=json.dumps(body)).json()["errcode"] == 0
    assert wechat.state()["trial"]["user_desc"] == "中"


def test_a_strict_wechat_refuses_escaped_chinese_except_inside_ext_json(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"strict_encoding": True})
    path = f"/wxa/commit?access_token={wechat.token()}"
    body = {"template_id": 1, "user_version": "1", "user_desc": "ok", "ext_json": json.dumps({"ext": "中"})}
    escaped = json.dumps({**body, "user_desc": "中"})
    assert wechat.raw("POST", path, data=escaped).json()["errcode"] == 47002
    assert wechat.raw("POST", path, data=json.dumps(body)).json()["errcode"] == 0


def test_a_connection_is_kept_alive(simulator_url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(simulator_url).netloc, timeout=10)
    try:
        connection.request("GET", "/_sim/health")
        connection.getresponse().read()
        first = connection.sock
        connection.request("GET", "/wxa/get_page")
        connection.getresponse().read()
        assert first is not None
        assert connection.sock is first
    finally:
        connection.close()


def test_the_date_header_follows_wechats_clock(wechat: Client) -> None:
    before = parsedate_to_datetime(wechat.raw("GET", "/wxa/get_page").headers["Date"])
    wechat.advance(3600)
    after = parsedate_to_datetime(wechat.raw("GET", "/wxa/get_page").headers["Date"])
    assert 3600 <= (after - before).total_seconds() < 3610


def test_an_ip_that_is_not_whitelisted_is_refused_everywhere(wechat: Client) -> None:
    token = wechat.token()
    wechat.sim("POST", "platform", {"ip_allowed": False})
    assert wechat.component_token_answer()["errcode"] == 61004
    answer = wechat.post("/wxa/getversioninfo", {}, token=token)
    assert answer["errcode"] == 61004
    assert "requestIP:" in answer["errmsg"]


def test_the_content_type_may_be_text_plain(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"content_type": "text/plain"})
    assert wechat.raw("GET", "/wxa/get_page").headers["Content-Type"] == "text/plain"


def test_a_daily_limit_ends_in_45009_and_quota_get_says_so(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"daily_limits": {"get_category": 1}, "token_ttl_s": 100_000})
    assert wechat.get("get_category")["errcode"] == 0
    assert wechat.get("get_category")["errcode"] == 45009
    path = {"cgi_path": "/wxa/get_category"}
    answer = wechat.post("/cgi-bin/openapi/quota/get", path, token=wechat.token())
    assert answer["quota"] == {"daily_limit": 1, "used": 1, "remain": 0}
    wechat.advance(86_400)
    assert wechat.get("get_category")["errcode"] == 0


def test_a_minute_limit_ends_in_45011_and_passes(wechat: Client) -> None:
    wechat.sim("POST", "platform", {"minute_limits": {"get_category": 0}})
    assert wechat.get("get_category")["errcode"] == 45011
    path = {"cgi_path": "/wxa/get_category"}
    answer = wechat.post("/cgi-bin/openapi/quota/get", path, token=wechat.component_token())
    assert answer["rate_limit"] == {"call_count": 0, "refresh_second": 60}
    assert answer["component_rate_limit"] == {"call_count": 0, "refresh_second": 60}


@pytest.mark.parametrize(("path", "errcode"), [("wxa/commit", 76003), ("/wxa/nothing", 76021)])
def test_quota_get_wants_a_known_path(wechat: Client, path: str, errcode: int) -> None:
    answer = wechat.post("/cgi-bin/openapi/quota/get", {"cgi_path": path}, token=wechat.token(MINI))
    assert answer["errcode"] == errcode
