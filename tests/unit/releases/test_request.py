from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.errors import InvalidRequest
from releases.request import LONGEST_LABEL, LONGEST_NAME, MAX_DEPTH, ReleaseRequest, parse_request
from tests.support.examples import FIELDS

HALF_A_PAIR = "\ud83d"
_MARKS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def is_plain(text: str) -> bool:
    """Whether it has neither controls nor marks of direction."""
    kinds = {unicodedata.category(sign) for sign in text} | {unicodedata.bidirectional(sign) for sign in text}
    return not kinds & {"Cc", "Zl", "Zp", *_MARKS} and not set(text) & set("\u061c\u200e\u200f")


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def refusal(**different: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_request({**FIELDS, **different})
    return caught.value


def domains(name: str, value: Any) -> dict[str, Any]:
    return {"domains": {name: [value]}}


@pytest.mark.parametrize("sign", "\x00\x1b\n\x9b\u202e")
def test_a_domain_with_a_control_character_is_refused(sign: str) -> None:
    refused = refusal(**domains("requestdomain", f"https://api.{sign}example.com"))
    assert refused.field == "domains.requestdomain"


@pytest.mark.parametrize(
    ("field", "value", "what_would_be_right"),
    [
        ("appid", "wx123", "wx and 16 letters or digits"),
        ("appid", "gh0123456789abcdef", "wx and 16 letters or digits"),
        ("appid", "wx0123456789abcdef\n", "wx and 16 letters or digits"),
        ("appid", "wx0123456789abcde/", "wx and 16 letters or digits"),
        ("appid", 12, "wx and 16 letters or digits"),
        ("appid", None, "wx and 16 letters or digits"),
        ("template_id", True, "a whole number"),
        ("template_id", False, "a whole number"),
        ("template_id", "12", "a whole number"),
        ("template_id", 12.0, "a whole number"),
        ("template_id", -1, "a whole number"),
        ("template_id", 2**63, "a whole number"),
        ("user_version", "", "1 to 64 printable characters"),
        ("user_version", "   ", "1 to 64 printable characters"),
        ("user_version", "1.0\n", "1 to 64 printable characters"),
        ("user_version", "1.0\x00", "1 to 64 printable characters"),
        ("user_version", "9" * (LONGEST_NAME + 1), "1 to 64 printable characters"),
        ("user_version", 1.4, "1 to 64 printable characters"),
        ("user_version", "1.0" + HALF_A_PAIR, "1 to 64 printable characters"),
        ("user_desc", None, "a text that says what changed"),
        ("user_desc", HALF_A_PAIR, "a text that says what changed"),
        *(
            (field, f"a{sign}b", "a text that says what changed" if field == "user_desc" else "printable")
            for field in ("user_desc", "user_version", "wave")
            for sign in "\x00\x07\x1b\n\r\t\x7f\x85\x9b\u061c\u200f\u2028\u2029\u202e\u2066"
        ),
        *(
            ("at", value, "a time with its offset")
            for value in (
                1767204000,
                1767204000.5,
                "1767204000",
                True,
                "2026-12-01",
                "2026-12-01T02:00:00",
                "02:00",
                "",
                "0001-01-01T00:00:00+08:00",
                HALF_A_PAIR,
            )
        ),
        ("ext", "{}", "a JSON object"),
        ("ext", [], "a JSON object"),
        ("ext", None, "a JSON object"),
        ("ext", {"a": [float("nan")]}, "a JSON object"),
        ("ext", {"a": float("-inf")}, "a JSON object"),
        ("ext", {"a": HALF_A_PAIR}, "a JSON object"),
        ("ext", {HALF_A_PAIR: 1}, "a JSON object"),
        ("ext", nested(MAX_DEPTH + 1), "nested deeper than 50"),
        ("audit", ["item_list"], "a JSON object"),
        ("audit", {"a": float("inf")}, "a JSON object"),
        ("audit", nested(MAX_DEPTH + 1), "nested deeper than 50"),
        ("wave", "", "1 to 64 printable characters"),
        ("wave", " ", "1 to 64 printable characters"),
        ("wave", "w" * 65, "1 to 64 printable characters"),
        ("wave", "spring\nsale", "1 to 64 printable characters"),
        ("domains", [], "an object of lists"),
        ("domains", {}, "leave it out"),
        ("domains", {"requestdomain": []}, "leave it out"),
        ("domains", {"webviewdomain": ["https://m.example.com"]}, "names no server domain; leave it out"),
        ("supersede", 1, "true or false"),
        ("supersede", "yes", "true or false"),
        ("again", None, "true or false"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field_and_what_would_be_right(
    field: str, value: Any, what_would_be_right: str
) -> None:
    error = refusal(**{field: value})

    assert error.field == field
    assert what_would_be_right in error.problem


@pytest.mark.parametrize("field", ["appid", "template_id", "user_version", "user_desc"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(InvalidRequest, match="is missing; must be ") as caught:
        parse_request({name: value for name, value in FIELDS.items() if name != field})

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("requestdomain", "https://api.example.com/v1", "alone"),
        ("requestdomain", "https://api.example.com?a=1", "alone"),
        ("requestdomain", "https://user@api.example.com", "alone"),
        ("requestdomain", "https://*.example.com", "host name"),
        ("requestdomain", "api.example.com", "alone"),
        ("requestdomain", "http://api.example.com", "wrong scheme"),
        ("wsrequestdomain", "https://api.example.com", "wrong scheme"),
        ("udpdomain", "tcp://api.example.com", "wrong scheme"),
        ("tcpdomain", "udp://api.example.com", "wrong scheme"),
        ("requestdomain", "https://192.168.0.1", "IP address"),
        ("requestdomain", "https://192.168.0.1:8443", "IP address"),
        ("requestdomain", "https://api.example.com:0", "port"),
        ("requestdomain", "https://api.example.com:65536", "port"),
        ("requestdomain", "https://api.weixin.qq.com", "forbidden"),
        ("webviewdomain", "http://m.example.com", "wrong scheme"),
    ],
)
def test_a_domain_that_wechat_would_not_take_is_refused_with_its_list(
    name: str, value: str, why: str
) -> None:
    error = refusal(**domains(name, value))

    assert error.field == f"domains.{name}"
    assert why in error.problem


def test_a_domain_that_is_no_string_is_refused_with_its_place() -> None:
    assert refusal(**domains("requestdomain", 1)).field == "domains.requestdomain.0"


def test_a_list_that_is_no_list_is_refused_with_its_name() -> None:
    assert refusal(domains={"requestdomain": "https://api.example.com"}).field == "domains.requestdomain"


def test_an_unknown_list_is_refused_with_the_names_there_are() -> None:
    error = refusal(**domains("requestdomains", "https://api.example.com"))

    assert error.field == "domains.requestdomains"
    assert "requestdomain, wsrequestdomain" in error.problem


def test_business_domains_are_taken_beside_server_domains() -> None:
    named = {"requestdomain": ["https://api.example.com"], "webviewdomain": ["https://m.example.com"]}

    assert parse_request({**FIELDS, "domains": named}).domains == named


def test_more_than_200_domains_in_a_list_are_refused() -> None:
    error = refusal(domains={"requestdomain": [f"https://a{n}.example.com" for n in range(201)]})

    assert error.field == "domains.requestdomain"
    assert "201" in error.problem
    assert "200" in error.problem


def test_200_domains_in_a_list_are_taken() -> None:
    request = parse_request(
        {**FIELDS, "domains": {"requestdomain": [f"https://a{n}.example.com" for n in range(200)]}}
    )

    assert request.domains is not None
    assert len(request.domains["requestdomain"]) == 200


def test_domains_are_kept_as_they_will_be_compared() -> None:
    request = parse_request(
        {**FIELDS, "domains": {"requestdomain": ["HTTPS://API.Example.com:8443/"], "udpdomain": []}}
    )

    assert request.domains == {"requestdomain": ["https://api.example.com:8443"]}


def test_an_unknown_field_is_refused_with_the_fields_there_are() -> None:
    error = refusal(colour="red")

    assert error.field == "colour"
    assert "unknown field; the fields are appid, template_id, user_version" in error.problem


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("AppID", "appid"),
        ("Template ID", "template_id"),
        ("templateId", "template_id"),
        ("userversion", "user_version"),
        ("lable", "label"),
    ],
)
def test_a_field_that_is_spelt_otherwise_says_which_was_meant(typed: str, meant: str) -> None:
    error = refusal(**{typed: "x"})
    assert error.field == typed
    assert error.problem.startswith(f"unknown field; did you mean {meant}? The fields are appid, ")


def test_a_misspelt_field_is_told_before_the_missing_one() -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "user_version"}

    with pytest.raises(InvalidRequest) as caught:
        parse_request({**fields, "appid": "wrong as well", "userversion": "1.4.2"})

    assert caught.value.field == "userversion"


def test_template_0_is_a_template() -> None:
    assert parse_request({**FIELDS, "template_id": 0}).template_id == 0


def test_64_characters_are_a_version_whatever_their_bytes() -> None:
    assert parse_request({**FIELDS, "user_version": "版" * LONGEST_NAME}).user_version == "版" * LONGEST_NAME


def test_80_characters_are_a_label_and_81_are_none() -> None:
    assert LONGEST_LABEL == 80
    assert parse_request({**FIELDS, "label": "茶" * LONGEST_LABEL}).label == "茶" * LONGEST_LABEL
    with pytest.raises(InvalidRequest, match="1 to 80 characters on one line"):
        parse_request({**FIELDS, "label": "茶" * (LONGEST_LABEL + 1)})


def test_ext_may_be_nested_50_deep() -> None:
    assert parse_request({**FIELDS, "ext": nested(MAX_DEPTH)}).ext == nested(MAX_DEPTH)


def test_lists_count_as_levels_too() -> None:
    assert refusal(ext={"a": [[]] * 2, "b": [nested(MAX_DEPTH - 1)]}).field == "ext"


def test_a_long_wrong_value_is_shown_shortened() -> None:
    assert len(refusal(user_version="9" * 100_000).problem) < 200


def test_the_message_of_a_refusal_can_be_written_as_utf8() -> None:
    assert str(refusal(user_desc=HALF_A_PAIR)).encode()


def test_a_field_name_with_half_a_surrogate_pair_is_refused() -> None:
    refusal(**{HALF_A_PAIR: 1})


def test_a_list_name_with_half_a_surrogate_pair_is_refused() -> None:
    assert str(refusal(**domains(HALF_A_PAIR, "https://api.example.com"))).encode()


@pytest.mark.parametrize("field", ["ext", "user_desc"])
def test_nesting_without_end_is_refused(field: str) -> None:
    refusal(**{field: nested(50_000)})


def json_values(text: st.SearchStrategy[str], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


utf8 = st.text(max_size=12)
anything = json_values(
    utf8 | st.sampled_from([HALF_A_PAIR, "https://a.example.com"]), utf8 | st.just("requestdomain")
)
names = st.sampled_from(sorted(ReleaseRequest.model_fields)) | utf8


@settings(deadline=None)
@given(st.dictionaries(names, anything, max_size=12))
def test_any_object_is_a_request_or_an_invalid_request(fields: dict[str, Any]) -> None:
    try:
        parse_request(fields)
    except InvalidRequest as error:
        assert error.problem  # noqa: PT017 - both ways are right
        assert str(error).encode()  # noqa: PT017


@settings(deadline=None)
@given(st.sampled_from(sorted(ReleaseRequest.model_fields)), anything)
def test_any_value_of_a_field_is_taken_or_refused_for_that_field(name: str, value: Any) -> None:
    try:
        request = parse_request({**FIELDS, name: value})
    except InvalidRequest as error:
        assert error.field.partition(".")[0] == name  # noqa: PT017 - both ways are right
    else:
        assert getattr(request, name) == value


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "appid": st.from_regex(r"\Awx[0-9A-Za-z]{16}\Z"),
            "template_id": st.integers(min_value=0, max_value=2**63 - 1),
            "user_version": st.from_regex(r"\A[0-9a-z.版-]{1,64}\Z"),
            "user_desc": utf8.filter(is_plain),
        },
        optional={
            "wave": st.none() | st.from_regex(r"\A[a-z0-9:]{1,64}\Z"),
            "domains": st.none() | st.just({"tcpdomain": ["tcp://a.example.com:7000"]}),
            "supersede": st.booleans(),
            "again": st.booleans(),
        },
    )
)
def test_a_request_is_the_same_after_its_way_through_json(fields: dict[str, Any]) -> None:
    request = parse_request(fields)

    assert parse_request(json.loads(json.dumps(request.model_dump()))) == request


@pytest.mark.parametrize(
    "text",
    ["2026-12-01T02:00:00+08:00", "2026-11-30T18:00:00Z", "2026-11-30 13:00-05:00", "20261201T020000+0800"],
)
def test_a_time_with_its_offset_is_one_of_utc(text: str) -> None:
    assert parse_request({**FIELDS, "at": text}).at == datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
