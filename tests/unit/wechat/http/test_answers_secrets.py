"""What WeChat echoes of our secrets is masked, wherever it stands."""

from __future__ import annotations

import json

from tests.support.answers import refused
from wechat.http.answers import MAX_ERRMSG

TOKEN = "90_token-of-a-merchant"


def test_secret_that_is_echoed_is_masked_in_errmsg() -> None:
    error = refused(
        json.dumps({"errcode": 40001, "errmsg": f"invalid credential {TOKEN}, {TOKEN}"}),
        secrets=("", "another", TOKEN),
    )

    assert error.errmsg == "invalid credential ***, ***"


def test_secret_that_is_echoed_in_invalid_json_is_masked_in_errmsg() -> None:
    error = refused(f'{{"errcode":40001,"errmsg":"bad "{TOKEN}""}}', secrets=(TOKEN,))

    assert error.errmsg == 'bad "***"'


def test_secret_at_the_cut_of_a_long_errmsg_is_masked_before_the_cut() -> None:
    errmsg = "x" * (MAX_ERRMSG - 5) + TOKEN

    error = refused(json.dumps({"errcode": 40001, "errmsg": errmsg}), secrets=(TOKEN,))

    assert TOKEN[:5] not in error.errmsg


def test_secret_that_is_echoed_shows_nowhere_in_the_refusal() -> None:
    error = refused(
        json.dumps({"errcode": 40001, "errmsg": f"invalid {TOKEN}", "debug": [TOKEN]}), secrets=(TOKEN,)
    )

    assert TOKEN not in repr(error) + repr(error.args) + repr(error.fields)


def test_field_that_is_named_like_a_secret_is_masked_in_a_refusal() -> None:
    fields = {"errcode": 61023, "list": [{"refresh_token": "never sent"}], "token": {"a": 1}}
    refusal = refused(json.dumps(fields))

    assert refusal.fields["list"] == [{"refresh_token": "***"}]
    assert refusal.fields["token"] == "***"


def test_field_that_is_named_like_a_secret_is_masked_in_invalid_json() -> None:
    refusal = refused('{"authorizer_access_token": "never sent", "errcode": 61023, "errm')

    assert refusal.errmsg == '{"authorizer_access_token": "***", "errcode": 61023, "errm'
