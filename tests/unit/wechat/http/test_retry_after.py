from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.errors import Refused, Unanswered, WeChatError
from wechat.http.answers import read_answer
from wechat.http.retry_after import MAX_RETRY_AFTER_S, retry_after_s

NOW = 1445412480.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", 60),
        (" 60\t", 60),
        ("0", 0),
        ("0000000000000060", 60),
        ("3601", MAX_RETRY_AFTER_S),
        ("9" * 10_000, MAX_RETRY_AFTER_S),
        (formatdate(NOW + 90, usegmt=True), 90),
        ("Wednesday, 21-Oct-15 07:29:00 GMT", 60),
        ("Wed Oct 21 07:29:00 2015", 60),
        (formatdate(NOW - 90, usegmt=True), 0),
        (formatdate(NOW + 90_000, usegmt=True), MAX_RETRY_AFTER_S),
    ],
)
def test_wait_is_read_as_seconds_or_as_a_date(value: str, expected: float) -> None:
    assert retry_after_s({"Retry-After": value}, NOW) == expected


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "-5", "+5", "1.5", "1e9", "0x10", "\u0661", "60, 120", "soon", "inf", "nan", "60s", ",,"],
)
def test_garbage_is_no_wait(value: str | None) -> None:
    assert retry_after_s({} if value is None else {"Retry-After": value}, NOW) is None


@pytest.mark.parametrize("date", [{}, {"Date": "yesterday"}])
def test_a_date_is_compared_with_the_servers_own_and_with_ours_where_it_tells_none(
    date: dict[str, str],
) -> None:
    wanted = {"Retry-After": formatdate(NOW + 60, usegmt=True)}

    assert retry_after_s(wanted | {"Date": formatdate(NOW + 20, usegmt=True)}, NOW) == 40
    assert retry_after_s(wanted | date, NOW) == 60


@given(st.text())
def test_any_header_is_a_bounded_wait_or_none(value: str) -> None:
    wait = retry_after_s({"Retry-After": value}, NOW)

    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize(
    ("status", "body"), [(503, b'{"errcode":-1}'), (429, b'{"errcode":45011}'), (502, b"<html>")]
)
def test_what_the_server_asks_for_comes_with_the_error_whoever_refused(status: int, body: bytes) -> None:
    with pytest.raises(WeChatError) as caught:
        read_answer("/wxa/commit", status, body, retry_after_s=60)
    assert isinstance(caught.value, Refused | Unanswered)
    assert caught.value.retry_after_s == 60
