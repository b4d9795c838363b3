from __future__ import annotations

import pickle

import pytest

from wechat.component import Credentials, Grant
from wechat.errors import (
    NotAuthorized,
    NotLent,
    OwnerAway,
    Refused,
    TicketMissing,
    Unanswered,
    Unreadable,
    WeChatError,
)
from wechat.tokens.borrowed import Owner
from wechat.tokens.lending import Loan
from wechat.tokens.store import StoredToken

ERRORS = [
    (Unanswered("/wxa/commit", "HTTP 502"), "/wxa/commit: HTTP 502"),
    (Unanswered("/wxa/commit", "HTTP 503", 60.0), "/wxa/commit: HTTP 503"),
    (Refused("/wxa/commit", 85013, "bad ext", "r-1", {}), "/wxa/commit: errcode 85013: bad ext"),
    (TicketMissing(), "no component_verify_ticket has been stored"),
    (OwnerAway("HTTP 401"), "the owner of the tokens: HTTP 401"),
    (OwnerAway("HTTP 503", 60.0), "the owner of the tokens: HTTP 503"),
    (NotLent("wx1"), "the owner of the tokens lends none for wx1"),
    (NotAuthorized("wx1"), "no refresh token has been stored for wx1"),
    (Unreadable("wechat:ticket"), "none of the encryption keys opens wechat:ticket in Redis"),
    (
        Unreadable("wechat:refresh-token:wx1", "wx1"),
        "none of the encryption keys opens wechat:refresh-token:wx1 in Redis",
    ),
]


@pytest.mark.parametrize(("error", "text"), ERRORS, ids=lambda value: type(value).__name__)
def test_error_reads_as_a_sentence(error: WeChatError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize("error", [error for error, _ in ERRORS], ids=lambda error: type(error).__name__)
def test_error_can_be_built_again_from_its_args(error: WeChatError) -> None:
    again = type(error)(*error.args)

    assert (again.args, vars(again)) == (error.args, vars(error))


def test_error_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(Unanswered("/wxa/commit", "HTTP 503", 60.0)))

    assert (again.endpoint, again.problem, again.retry_after_s) == ("/wxa/commit", "HTTP 503", 60.0)


@pytest.mark.parametrize(
    "holder",
    [
        Credentials(appid="wxplatform", appsecret="SECRET"),
        Grant(token="SECRET", expires_in_s=7200, refresh_token="SECRET"),
        Owner(url="https://h/{appid}", key="SECRET"),
        Loan(access_token="SECRET", expires_in=1),
        StoredToken(value="SECRET", left_ms=1, refresh_below_ms=1),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_holder_of_a_secret_does_not_show_it(holder: object) -> None:
    assert "SECRET" not in f"{holder!r} {holder}"


@pytest.mark.parametrize(
    ("left_ms", "is_due"), [(600_001, False), (600_000, True), (1, True)], ids=["early", "now", "late"]
)
def test_token_is_due_from_its_last_part_on(left_ms: int, is_due: bool) -> None:
    assert StoredToken("SECRET", left_ms, refresh_below_ms=600_000).is_due is is_due
