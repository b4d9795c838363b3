"""What the owner of borrowed tokens answers, over real HTTP: a token that can be sent, or a typed error without a secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from hypothesis import given

from db.database import Database
from tests.integration.wechat.names import PLATFORM
from tests.integration.wechat.shown import everything_shown_by
from tests.properties.cases import Cases, share
from tests.properties.wechat_answers import COMPONENT_TOKEN, OWNER_PATH, Answers, whole_answers
from wechat.api import WeChat
from wechat.component import MAX_EXPIRES_IN_S, Credentials
from wechat.errors import NotLent, OwnerAway
from wechat.http.deadline import Deadline
from wechat.tokens.borrowed import Owner
from wechat.tokens.sealing import Seal
from wechat.tokens.slots import COMPONENT

_KEY = "key-of-the-borrower-0123456789"


@pytest.fixture(scope="module")
def borrower(answers: Answers, redis_url: str) -> Iterator[WeChat]:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield WeChat(
            api_url="http://127.0.0.1:1",
            connect_timeout_s=5,
            read_timeout_s=5,
            credentials=Credentials(PLATFORM, ""),
            db=Database(client),
            seal=Seal(),
            owner=Owner(f"{answers.server.url}/tokens/{{appid}}", _KEY),
        )


def ask(borrower: WeChat, answers: Answers, raw: bytes | None) -> str:
    borrower.store._redis.flushdb()
    answers.laid_down.clear()
    if raw is not None:
        answers.laid_down[OWNER_PATH] = raw
    token = borrower._tokens.token_of(COMPONENT, Deadline(20))
    assert 0 < token.left_ms <= MAX_EXPIRES_IN_S * 1000
    return token.value


def test_the_right_answer_is_read(borrower: WeChat, answers: Answers) -> None:
    assert ask(borrower, answers, None) == COMPONENT_TOKEN


@share(1)
@given(raw=whole_answers(OWNER_PATH))
def test_any_answer_is_a_token_or_a_typed_error_without_a_secret(
    cases: Cases, borrower: WeChat, answers: Answers, raw: bytes
) -> None:
    try:
        token = ask(borrower, answers, raw)
    except (OwnerAway, NotLent) as error:
        shown = everything_shown_by(error)
        assert _KEY not in shown
        assert COMPONENT_TOKEN not in shown
        shown.encode()
    else:
        assert token.isprintable()
        assert " " not in token
        token.encode()
    cases.add()
