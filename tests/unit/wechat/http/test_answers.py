from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.answers import ENDPOINT, refused
from wechat.errors import Refused, Unanswered
from wechat.http.answers import HTTP_OK, MAX_ERRMSG, WITHOUT_ERRCODE, read_answer, rid_of

COMPONENT_TOKEN = "/cgi-bin/component/api_component_token"
AUTHORIZERS = "/cgi-bin/component/api_get_authorizer_list"
RID = "65f0a1b2-3c4d5e6f-7a8b9c0d"

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def unanswered(body: str | bytes, *, status: int = 200) -> Unanswered:
    with pytest.raises(Unanswered) as caught:
        read_answer(ENDPOINT, status, body.encode() if isinstance(body, str) else body)
    return caught.value


#: What stood in for WeChat's answer at one place or another, none of which says what WeChat did.
NO_ERRCODE = (
    "{}",
    '{"errmsg": "system error"}',
    '{"errmsg": "ok"}',
    '{"code": 50000, "message": "internal error"}',
    '{"code": 403}',
    '{"code": 0, "data": {"errcode": 0, "errmsg": "ok", "auditid": 7}}',
    '{"data": {"errcode": 85009}}',
    '{"errCode": 0}',
    '{"ErrCode": 0, "auditid": 7}',
    '{"err_code": 0}',
    '{"ret": 0, "msg": "ok"}',
    '{"success": true}',
    '{"base_resp": {"ret": 0}}',
    '{"errcode": null}',
    '{"errcode": null, "auditid": 7, "status": 2}',
    '{"auditid": 7}',
)


@pytest.mark.parametrize("body", NO_ERRCODE)
@pytest.mark.parametrize("endpoint", [ENDPOINT, *WITHOUT_ERRCODE])
def test_answer_without_an_errcode_of_its_own_is_no_answer(body: str, endpoint: str) -> None:
    with pytest.raises(Unanswered) as caught:
        read_answer(endpoint, 200, body.encode())

    assert caught.value.problem == "HTTP 200 with JSON that has no errcode"


@pytest.mark.parametrize("errcode", ["", '"errcode": 0, ', '"errcode": null, '])
def test_token_call_is_answered_by_what_it_is_for(errcode: str) -> None:
    body = f'{{{errcode}"expires_in": 7200, "component_access_token": "t"}}'

    assert read_answer(COMPONENT_TOKEN, 200, body.encode())["expires_in"] == 7200


@pytest.mark.parametrize("token", ["null", '1, "errcode": false', '1, "errcode": ""'])
def test_token_call_that_brings_nothing_is_no_answer(token: str) -> None:
    with pytest.raises(Unanswered):
        read_answer(AUTHORIZERS, 200, f'{{"list": {token}}}'.encode())


def test_token_call_under_another_status_than_200_is_no_answer() -> None:
    with pytest.raises(Unanswered, match="HTTP 203"):
        read_answer(AUTHORIZERS, 203, b'{"list": []}')


@pytest.mark.parametrize("errcode", ["0", '"0"', "0.0", "-0", '0, "auditid": 6'])  # that field is there twice
def test_errcode_zero_is_a_success_whatever_way_it_is_written(errcode: str) -> None:
    answer = read_answer(ENDPOINT, 200, f'{{"errcode": {errcode}, "auditid": 7}}'.encode())

    assert answer["auditid"] == 7


def test_raw_newline_inside_a_success_does_not_spoil_it() -> None:
    answer = read_answer(ENDPOINT, 200, b'{"errcode": 0, "user_desc": "first\nsecond\tthird"}')

    assert answer["user_desc"] == "first\nsecond\tthird"


@pytest.mark.parametrize(
    "body",
    [
        '{"errcode": 0, "errmsg": "ok", "errcode": 40001}',
        '{"errcode": 40001, "errcode": 0}',
        '{"errcode": 0, "errcode": 0}',
        '{"errcode": 40001, "errmsg": "not "quoted"", "errcode": 0}',
        '{"errcode": 40001, "errmsg": "no"}{"errcode": 0}',
        '{"errcode": 0}{"errcode": 40001}',
    ],
)
def test_errcode_twice_is_no_answer(body: str) -> None:
    unanswered(body)


@pytest.mark.parametrize(
    "body",
    [
        '{"code": 0, "data": {"errcode": 85009, "errmsg": "cut',
        '[{"errcode": 85009, "errmsg": "a "b" c"}]',
        'upstream said {"errcode": 85009, "errmsg": "no"}',
    ],
)
def test_errcode_of_another_object_in_invalid_json_is_no_answer(body: str) -> None:
    unanswered(body)


def test_byte_order_mark_in_front_is_skipped() -> None:
    assert read_answer(ENDPOINT, 200, b'\xef\xbb\xbf{"errcode": 0, "auditid": 7}')["auditid"] == 7


def test_blanks_around_the_body_are_skipped() -> None:
    assert read_answer(ENDPOINT, 200, b'\r\n {"errcode": 0, "auditid": 7}\n')["auditid"] == 7


def test_integer_beyond_a_double_is_exact() -> None:
    answer = read_answer(ENDPOINT, 200, b'{"errcode": 0, "auditid": 9007199254740993}')

    assert answer["auditid"] == 9007199254740993


def test_errcode_other_than_zero_is_a_refusal_that_keeps_the_whole_answer() -> None:
    body = f'{{"errcode": 85301, "errmsg": "bad rid: {RID}", "invalid_requestdomain": ["https://a.cn"]}}'

    error = refused(body)

    assert (error.endpoint, error.errcode, error.rid) == (ENDPOINT, 85301, RID)
    assert error.errmsg == f"bad rid: {RID}"
    assert error.fields["invalid_requestdomain"] == ["https://a.cn"]


@pytest.mark.parametrize(("errcode", "expected"), [('"40001"', 40001), ("-1", -1), ("4e4", 40000)])
def test_errcode_is_read_whatever_way_it_is_written(errcode: str, expected: int) -> None:
    assert refused(f'{{"errcode": {errcode}}}').errcode == expected


def test_refusal_without_errmsg_has_an_empty_one() -> None:
    error = refused('{"errcode": 85009}')

    assert (error.errmsg, error.rid) == ("", None)


@pytest.mark.parametrize("status", [400, 404, 500, 502, 503])
def test_errcode_counts_whatever_the_status_line_says(status: int) -> None:
    assert refused('{"errcode": -1, "errmsg": "system error"}', status=status).errcode == -1


@pytest.mark.parametrize("status", [403, 429, 500, 503])
@pytest.mark.parametrize("errcode", ["503", "-2", "1", '"500"', "987654321"])
def test_unknown_errcode_under_the_status_of_an_error_is_a_gateways(status: int, errcode: str) -> None:
    assert (
        f"HTTP {status}" in unanswered(f'{{"errcode": {errcode}, "errmsg": "busy"}}', status=status).problem
    )
    assert refused(f'{{"errcode": {errcode}, "errmsg": "busy"}}').errmsg == "busy"


@pytest.mark.parametrize("status", [201, 302, 404, 500, 502])
def test_success_under_another_status_than_200_is_no_answer(status: int) -> None:
    assert unanswered('{"errcode": 0, "errmsg": "ok"}', status=status).problem == f"HTTP {status}"


def test_errcode_in_invalid_json_is_a_refusal() -> None:
    # 85047 of commit, as a developer logged it: the quotes in errmsg are not escaped.
    error = refused(f'{{"errcode":85047,"errmsg":"pages "pages/index" is empty rid: {RID}"}}')

    assert (error.errcode, error.rid) == (85047, RID)
    assert error.errmsg == f'pages "pages/index" is empty rid: {RID}'


def test_errcode_in_invalid_json_is_found_behind_the_errmsg() -> None:
    error = refused('{"errmsg":"path "a" unknown","errcode" : -80082 }')

    assert (error.errcode, error.errmsg) == (-80082, 'path "a" unknown')


def test_invalid_json_without_a_readable_errmsg_is_quoted_itself() -> None:
    assert refused('{"errcode":85013,,}').errmsg == '{"errcode":85013,,}'


def test_errcode_zero_in_invalid_json_proves_nothing() -> None:
    assert "no JSON object" in unanswered('{"errcode":0,"errmsg":"a "b" c","auditid":7}').problem


def test_body_cut_after_errcode_zero_is_no_answer() -> None:
    unanswered('{"errcode":0,"errmsg":"ok"')


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "HTTP 200 with an empty body"),
        (" \r\n", "HTTP 200 with an empty body"),
        ("<html>nginx</html>", "HTTP 200 with HTML (18 characters)"),
        ("[]", "HTTP 200 with a body that is no JSON object (2 characters)"),
        ("0", "HTTP 200 with a body that is no JSON object (1 characters)"),
        ('"ok"', "HTTP 200 with a body that is no JSON object (4 characters)"),
        ("null", "HTTP 200 with a body that is no JSON object (4 characters)"),
        ("success", "HTTP 200 with a body that is no JSON object (7 characters)"),
    ],
)
def test_body_that_is_no_json_object_is_described_not_quoted(body: str, problem: str) -> None:
    error = unanswered(body)

    assert (error.endpoint, error.problem) == (ENDPOINT, problem)


def test_page_of_a_gateway_is_no_answer() -> None:
    assert unanswered("<html>502 Bad Gateway</html>", status=502).problem.startswith("HTTP 502 with HTML")


def test_bytes_that_are_no_text_are_no_answer() -> None:
    unanswered(b"\xff\xfe\x00\x80")


@pytest.mark.parametrize(
    "errcode",
    [
        *('"abc"', '""', '" 0 "', '"0_0"', '"+0"', '"\u0660"', '"0.0"', '"none"'),
        *("[]", "[0]", "{}", "NaN", "Infinity", "1e999", "true", "false"),
    ],
)
def test_errcode_that_is_no_number_is_no_answer(errcode: str) -> None:
    assert "no number" in unanswered(f'{{"errcode": {errcode}}}').problem


def test_errcode_with_a_fraction_is_no_success() -> None:
    unanswered('{"errcode": 0.5}')


def test_depth_that_json_cannot_follow_is_no_answer() -> None:
    unanswered("[" * 100_000)


def test_number_too_long_to_convert_is_no_answer() -> None:
    unanswered('{"auditid": ' + "9" * 10_000 + "}")


def test_very_long_errmsg_is_cut() -> None:
    assert len(refused(json.dumps({"errcode": 85013, "errmsg": "x" * 100_000})).errmsg) == MAX_ERRMSG


def test_rid_at_the_end_of_a_very_long_errmsg_is_kept() -> None:
    assert refused(json.dumps({"errcode": 85013, "errmsg": "x" * 600 + f" rid: {RID}"})).rid == RID


@pytest.mark.parametrize("body", ['{"errcode":850', '{"errmsg":"no "x"","errcode":850', '{"errcode":-8'])
def test_errcode_that_was_cut_within_its_digits_is_no_answer(body: str) -> None:
    unanswered(body)


def test_errmsg_can_always_be_encoded() -> None:
    refused(r'{"errcode": 85013, "errmsg": "half an emoji: \ud83d"}').errmsg.encode()


@pytest.mark.parametrize("rest", [b'"errmsg":"' * 5_000, b'"' + b"token" * 10_000])
def test_invalid_json_is_read_in_no_time(rest: bytes) -> None:
    started = time.process_time()

    refused(b'{"errcode":1,' + rest)

    assert time.process_time() - started < 0.3


@pytest.mark.parametrize(
    ("errmsg", "rid"),
    [
        (f"invalid credential rid: {RID}", RID),
        (f"invalid credential rid:{RID}, more", RID),
        ("ok", None),
        ("access_token expired hint: [Ab1-2]", None),
    ],
)
def test_rid_is_taken_out_of_errmsg(errmsg: str, rid: str | None) -> None:
    assert rid_of(errmsg) == rid


def outcome(status: int, body: bytes) -> object:
    try:
        return read_answer(ENDPOINT, status, body, ["90_token-of-a-merchant"])
    except (Refused, Unanswered) as error:
        return error


@settings(deadline=None)
@given(st.integers(100, 599), st.binary())
def test_any_bytes_are_an_answer_a_refusal_or_none(status: int, body: bytes) -> None:
    assert isinstance(outcome(status, body), dict | Refused | Unanswered)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(), JSON_VALUES),
    st.none() | st.booleans() | st.floats(-1, 1, exclude_max=True) | st.text(),
)
def test_no_json_without_an_errcode_that_is_a_number_is_a_success(
    others: dict[str, Any], errcode: Any
) -> None:
    # A number as text is a number.
    as_text = isinstance(errcode, str) and re.fullmatch("-?0{1,18}", errcode)
    is_zero = bool(as_text) or (errcode == 0 and not isinstance(errcode, bool))
    without = {name: value for name, value in others.items() if name != "errcode"}
    for fields in (without, {**others, "errcode": errcode}):
        result = outcome(200, json.dumps(fields).encode())
        assert not isinstance(result, dict) or (is_zero and fields.get("errcode") == errcode)


@settings(deadline=None)
@given(st.integers(100, 599), JSON_VALUES)
def test_any_json_is_an_answer_a_refusal_or_none(status: int, value: Any) -> None:
    result = outcome(status, json.dumps(value).encode())

    assert isinstance(result, dict | Refused | Unanswered)
    assert isinstance(value, dict) or isinstance(result, Unanswered)


@settings(deadline=None)
@given(st.sampled_from([200, 500]), JSON_VALUES, JSON_VALUES, st.dictionaries(st.text(), JSON_VALUES))
def test_any_errcode_and_errmsg_are_an_answer_a_refusal_or_none(
    status: int, errcode: Any, errmsg: Any, others: dict[str, Any]
) -> None:
    body = json.dumps({**others, "errcode": errcode, "errmsg": errmsg}).encode()

    result = outcome(status, body)

    if isinstance(result, Refused):
        assert result.errcode != 0
        assert len(result.errmsg) <= MAX_ERRMSG
    else:
        assert isinstance(result, Unanswered) or (status == HTTP_OK and int(errcode) == 0)


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6).filter(bool), st.text().filter(lambda text: "errcode" not in text))
def test_errcode_in_front_is_found_whatever_follows(errcode: int, rest: str) -> None:
    assert refused(f'{{"errcode":{errcode},"errmsg":"{rest}'.encode(errors="replace")).errcode == errcode
