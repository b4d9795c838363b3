"""When the client takes a call's turn, and when it asks for a limit."""

from __future__ import annotations

import pytest

from tests.integration.wechat.names import API_AUTHORIZER_TOKEN, APPID
from tests.integration.wechat.server import ScriptedWeChat
from tests.integration.wechat.tokens.token_helpers import put_due
from wechat.component import ComponentApi
from wechat.errors import RateLimited
from wechat.http.deadline import Deadline
from wechat.http.pace import Limit, Pace
from wechat.mini_program import PATHS, MiniProgram
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore

COMMIT, QUOTA = PATHS["commit"], PATHS["quota"]
RATES = {
    "quota": {"daily_limit": 9, "used": 0, "remain": 9},
    "rate_limit": {"call_count": 1000, "refresh_second": 60},
    "component_rate_limit": {"call_count": 20, "refresh_second": 30},
}


class NotedPace(Pace):
    """Notes who waits, and lets through all but what it is told to hold."""

    def __init__(self) -> None:
        self.waited: list[str] = []
        self.learnt: dict[str, Limit] = {}
        self.held = ""
        self.is_asked = False

    def wait(self, path: str, appid: str | None, deadline: Deadline) -> None:
        self.waited.append(path)
        if path == self.held:
            raise RateLimited("rate limit", 60)

    def asks(self, path: str) -> bool:
        return not self.is_asked

    def learn(self, path: str, limit: Limit) -> None:
        self.learnt[path] = limit


@pytest.fixture
def pace(component: ComponentApi, mini_program: MiniProgram) -> NotedPace:
    pace = NotedPace()
    component.transport.pace = mini_program._transport.pace = pace
    return pace


def commit(mini_program: MiniProgram) -> None:
    mini_program.commit(template_id=1, ext={}, user_version="1", user_desc="")


def test_every_call_takes_its_turn_those_for_tokens_too(
    mini_program: MiniProgram, wechat: ScriptedWeChat, pace: NotedPace
) -> None:
    wechat.on(COMMIT, {"errcode": 0})

    commit(mini_program)

    assert pace.waited == [request.path for request in wechat.server.requests]
    assert len(pace.waited) == 3


def test_a_turn_that_was_taken_ahead_is_not_taken_again(
    mini_program: MiniProgram, wechat: ScriptedWeChat, pace: NotedPace
) -> None:
    wechat.on(COMMIT, {"errcode": 0})
    mini_program.take_turn("commit")

    commit(mini_program)
    assert pace.waited.count(COMMIT) == 1
    commit(mini_program)
    assert pace.waited.count(COMMIT) == 2


def test_a_call_whose_turn_does_not_come_is_not_sent(
    mini_program: MiniProgram, wechat: ScriptedWeChat, pace: NotedPace
) -> None:
    pace.held = COMMIT

    with pytest.raises(RateLimited):
        commit(mini_program)

    assert COMMIT not in [request.path for request in wechat.server.requests]


def test_an_early_refresh_whose_turn_does_not_come_leaves_the_old_token(
    tokens: Tokens, store: TokenStore, pace: NotedPace, deadline: Deadline
) -> None:
    put_due(store, APPID, "old")
    pace.held = API_AUTHORIZER_TOKEN

    assert tokens.authorizer_token(APPID, deadline) == "old"


@pytest.mark.parametrize("path", [COMMIT, API_AUTHORIZER_TOKEN])
def test_a_limit_is_asked_for_with_the_token_that_it_belongs_to(
    mini_program: MiniProgram, wechat: ScriptedWeChat, pace: NotedPace, path: str
) -> None:
    wechat.on(QUOTA, RATES)

    mini_program.learn_rate(path)

    assert pace.learnt == {path: Limit(20, 30)}
    asked = wechat.server.requests[-1]
    assert asked.path == QUOTA
    assert asked.token == ("merchant-1" if path == COMMIT else "component-1")


def test_a_limit_that_somebody_has_asked_for_is_not_asked_for(
    mini_program: MiniProgram, wechat: ScriptedWeChat, pace: NotedPace
) -> None:
    pace.is_asked = True

    mini_program.learn_rate(COMMIT)

    assert wechat.server.requests == []
