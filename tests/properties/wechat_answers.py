"""WeChat's answers: right ones, near misses, HTTP of any form; and a server on loopback that gives them."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.integration.wechat.names import APPSECRET, REFRESH_TOKEN, TICKET
from tests.integration.wechat.server import Connection, RawServer, answer
from tests.properties.json_values import any_json, near_misses, texts
from tests.properties.right import APPID, FULL_REQUEST
from wechat.component import COMPONENT_TOKEN_PATH
from wechat.errcodes.table import TABLE
from wechat.mini_program import PATHS

COMPONENT_TOKEN = "componenttoken-0123456789"
MERCHANT_TOKEN = "merchanttoken-0123456789"
SECRETS = (APPSECRET, TICKET, REFRESH_TOKEN, COMPONENT_TOKEN, MERCHANT_TOKEN)
AUTHORIZER_TOKEN_PATH = "/cgi-bin/component/api_authorizer_token"
AUTHORIZERS_PATH = "/cgi-bin/component/api_get_authorizer_list"
#: Of the other system that lends tokens, see `wechat.tokens.borrowed`.
OWNER_PATH = "/tokens/component"
POOL_PATH = "/cgi-bin/component/modify_wxa_server_domain"
JUMP_POOL_PATH = "/cgi-bin/component/modify_wxa_jump_domain"

#: What WeChat answers where all is well, by path.
RIGHT: dict[str, dict[str, Any]] = {
    COMPONENT_TOKEN_PATH: {"component_access_token": COMPONENT_TOKEN, "expires_in": 7200},
    AUTHORIZER_TOKEN_PATH: {
        "authorizer_access_token": MERCHANT_TOKEN,
        "expires_in": 7200,
        "authorizer_refresh_token": REFRESH_TOKEN,
    },
    AUTHORIZERS_PATH: {
        "total_count": 1,
        "list": [{"authorizer_appid": APPID, "refresh_token": "refreshed@@@one", "auth_time": 1}],
    },
    OWNER_PATH: {"access_token": COMPONENT_TOKEN, "expires_in": 7200},
    POOL_PATH: {
        "errcode": 0,
        "published_wxa_server_domain": "api.example.com;u.example.com",
        "testing_wxa_server_domain": "t.example.com",
    },
    JUMP_POOL_PATH: {
        "errcode": 0,
        "published_wxa_jump_h5_domain": "h5.example.com",
        "testing_wxa_jump_h5_domain": "t.example.com",
    },
    PATHS["modify_domain"]: {
        "errcode": 0,
        "errmsg": "ok",
        "requestdomain": ["https://api.example.com:8443"],
        "udpdomain": ["udp://u.example.com"],
        "invalid_requestdomain": ["https://api.example.com:8443"],
        "no_icp_domain": ["u.example.com"],
    },
    PATHS["commit"]: {"errcode": 0, "errmsg": "ok"},
    PATHS["submit_audit"]: {"errcode": 0, "errmsg": "ok", "auditid": 4294967297},
    PATHS["getversioninfo"]: {
        "errcode": 0,
        "exp_info": {"exp_time": 1773480413, "exp_version": "1.4.2", "exp_desc": FULL_REQUEST["user_desc"]},
        "release_info": {"release_time": 1773480413, "release_version": "1.4.1", "release_desc": "x"},
    },
    PATHS["get_latest_auditstatus"]: {
        "errcode": 0,
        "auditid": 4294967297,
        "status": 2,
        "user_version": "1.4.2",
        "user_desc": FULL_REQUEST["user_desc"],
        "submit_audit_time": 1773480413,
        "reason": "1: no<br>",
        "ScreenShot": "a|b",
    },
    PATHS["get_auditstatus"]: {"errcode": 0, "status": 1, "reason": "1: no<br>", "screenshot": "a|b"},
    PATHS["release"]: {"errcode": 0, "errmsg": "ok"},
    PATHS["get_effective_domain"]: {
        "errcode": 0,
        "effective_domain": {"requestdomain": ["https://api.example.com:8443"], "udpdomain": []},
    },
    PATHS["setwebviewdomain"]: {"errcode": 0, "webviewdomain": ["https://h5.example.com/"]},
    PATHS["get_effective_webviewdomain"]: {
        "errcode": 0,
        "effective_webviewdomain": ["https://h5.example.com"],
    },
    PATHS["revertcoderelease"]: {
        "errcode": 0,
        "version_list": [
            {"app_version": 3, "user_version": "1", "user_desc": "x", "commit_time": 1773480413}
        ],
    },
    PATHS["getgrayreleaseplan"]: {
        "errcode": 0,
        "gray_release_plan": {"status": 1, "create_timestamp": 1773480413, "gray_percentage": 8},
    },
    PATHS["getvisitstatus"]: {"errcode": 0, "status": 1},
    PATHS["get_icp_entrance_info"]: {
        "errcode": 0,
        "info": {"status": 3, "audit_data": [{"key_name": "x", "error": "y", "suggest": "z"}]},
    },
    PATHS["get_code_privacy_info"]: {"errcode": 0, "without_auth_list": [], "without_conf_list": []},
    PATHS["queryquota"]: {"errcode": 0, "rest": 12, "limit": 20, "speedup_rest": 1, "speedup_limit": 2},
    PATHS["quota"]: {
        "errcode": 0,
        "quota": {"daily_limit": 10, "used": 10, "remain": 0},
        "rate_limit": {"call_count": 1, "refresh_second": 60},
        "component_rate_limit": {"call_count": 1, "refresh_second": 60},
    },
}
#: The secrets that go out with a call, by path; the others send the Mini Program's token.
SENT = {
    COMPONENT_TOKEN_PATH: (APPSECRET, TICKET),
    AUTHORIZER_TOKEN_PATH: (COMPONENT_TOKEN, REFRESH_TOKEN),
    AUTHORIZERS_PATH: (COMPONENT_TOKEN,),
    POOL_PATH: (COMPONENT_TOKEN,),
    JUMP_POOL_PATH: (COMPONENT_TOKEN,),
}

_STATUS_LINES = st.sampled_from(
    (
        b"200 OK",
        b"200",
        b"204 No Content",
        b"301 Moved",
        b"304 Not Modified",
        b"400 \xff",
        b"429 x",
        b"500 x",
        b"999 x",
    )
)
_ODD_LINES = st.sampled_from((b"100 Continue", b"99 x", b"1000 x", b"-1 x", b"abc", b"", b"101 Switching"))
_HEADERS = st.sampled_from(
    (
        b"Content-Type: text/plain; charset=utf-16",
        b"Content-Type: \xff\xfe",
        b"Date: Mon, 23 Nov 2026 22:46:54 GMT",
        b"Date: Fri, 31 Dec 9999 23:59:59 -2359",
        b"Date: Mon, 01 Jan 0001 00:00:00 +2359",
        b"Date: 99 Foo 99999999999999999999 99:99:99 +99999999999",
        b"Date: \xe2\x80\xa8, , ,",
        b"Content-Length: 3",
        b"Content-Length: 4, 5",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 5000,
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Encoding: gzip",
        b"Content-Encoding: deflate",
        b"Content-Encoding: br",
        b"Content-Encoding: zstd",
        b"Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip",
        b"Location: http://[",
        b"Location: //127.0.0.1:1/?access_token=x",
        b"Set-Cookie: a=b; Max-Age=soon; Domain=.\xff; Expires=never; Path",
        b"Connection: close",
        b"Connection: keep-alive, upgrade",
        b"Retry-After: soon",
        b" folded",
        b"no colon",
        b": no name",
        b"X: " + b"y" * 70_000,
        b"\x00: \x00",
    )
)
_INTERIM = st.builds(
    lambda status, headers: b"\r\n".join((b"HTTP/1.1 %d x" % status, *headers, b"", b"")),
    st.integers(100, 199),
    st.lists(_HEADERS, max_size=2),
)

_ODD_CHUNKS = st.sampled_from(
    (
        b"-5\r\nabc",
        b"f" * 20 + b"\r\nabc",
        b"1_0\r\nabc",
        b"5;" + b"x" * 70_000 + b"\r\nabcde\r\n0\r\n\r\n",
        b"0\r\n" + b"a: b\r\n" * 200,
    )
)


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def _escaped(value: Any) -> bytes:
    return b"\xef\xbb\xbf" + json.dumps(value).encode()


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def _refused(path: str, errcode: Any, said: str) -> dict[str, Any]:
    """A refusal that echoes what it was sent."""
    echo = " ".join(SENT.get(path, (MERCHANT_TOKEN,)))
    return {**RIGHT[path], "errcode": errcode, "errmsg": f"{said} {echo} rid: 65f0-3c4d"}


@cache  # to build a strategy takes longer than to draw from it
def bodies(path: str) -> st.SearchStrategy[bytes]:
    """Bodies for one path: right, nearly right, refused with any code, any JSON, torn, any bytes."""
    fields = st.just(RIGHT[path])
    refusals = st.builds(_refused, st.just(path), st.sampled_from(sorted(TABLE)) | any_json, texts)
    values = near_misses(fields) | near_misses(fields) | refusals | near_misses(refusals) | any_json
    bytes_ = st.builds(lambda write, value: write(value), st.sampled_from((_json_bytes, _escaped)), values)
    rubbish = st.binary() | st.sampled_from(
        (b"<html>busy</html>", b"[" * 5000, b'{"errcode":' + b"9" * 5000 + b"}")
    )
    return bytes_ | bytes_ | bytes_.map(lambda raw: raw[: len(raw) // 2]) | rubbish


@cache
def whole_answers(path: str) -> st.SearchStrategy[bytes]:
    """Whole answers as bytes: mostly of good form, with odd status lines and headers, or no HTTP at all."""
    plain = st.builds(lambda body, status: answer(body, status=status), bodies(path), _STATUS_LINES)
    odd = st.builds(
        lambda line, headers, body: b"\r\n".join((b"HTTP/1.1 " + line, *headers, b"", body)),
        _STATUS_LINES | _ODD_LINES,
        st.lists(_HEADERS, max_size=4),
        bodies(path) | bodies(path).map(_chunked) | _ODD_CHUNKS,
    )
    with_headers = st.builds(
        lambda body, headers: answer(body, *headers), bodies(path), st.lists(_HEADERS, min_size=1, max_size=3)
    )
    hinted = st.builds(
        lambda hints, whole: b"".join(hints) + whole, st.lists(_INTERIM, min_size=1, max_size=3), plain | odd
    )
    return plain | plain | with_headers | odd | hinted | st.binary()


_ENVELOPES = st.sampled_from(
    ("data", "result", "response", "body", "base_resp", "errCode", "ErrCode", "code", "ret")
)
_NO_NUMBER = (
    st.none()
    | st.booleans()
    | st.sampled_from(("", " ", "0 ", "ok", "\uff10", "0x0", [], [0], {}, {"errcode": 0}))
)


@cache
def without_errcode(path: str) -> st.SearchStrategy[bytes]:
    """What looks like the answer of one path and has no errcode of its own, or one that is no number, or two."""
    bare = {name: value for name, value in RIGHT[path].items() if name != "errcode"}
    said: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.dictionaries(st.just("errcode"), _NO_NUMBER)
    others = st.dictionaries(texts.filter(lambda name: name != "errcode"), any_json, max_size=3)
    plain = st.builds(lambda other, no: {**other, **bare, **no}, others, said)
    within = st.builds(
        lambda name, other: {**other, name: {"errcode": 0, "errmsg": "ok", **bare}}, _ENVELOPES, others
    )
    listed = st.just([RIGHT[path]])
    twice = st.builds(
        lambda first, second: (
            b'{"errcode":%d,%s,"errcode":%d}' % (first, _json_bytes({"x": 1})[1:-1], second)
        ),
        st.sampled_from((0, -1, 40001, 85009)),
        st.sampled_from((0, -1, 40001, 85009)),
    )
    return (plain | within | listed).map(_json_bytes) | twice


class Answers:
    """Answers each path with the bytes laid down for it, and hangs up, or else as all is well."""

    def __init__(self) -> None:
        self.laid_down: dict[str, bytes] = {}
        self.server = RawServer(self._serve)

    def _serve(self, connection: Connection) -> None:
        request = connection.read()
        if request is not None:
            raw = self.laid_down.get(request.path)
            connection.send(
                answer(_json_bytes(RIGHT[request.path]), b"Connection: close") if raw is None else raw
            )
            connection.hang_up()
