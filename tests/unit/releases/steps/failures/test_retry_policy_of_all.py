"""What follows a failure that concerns more than one release: the platform's calls, a server that asks for time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from releases.record import Progress
from releases.steps.failures.retry_policy import (
    AwaitQuota,
    Block,
    Fail,
    PauseForAWhile,
    PausePlatform,
    Retry,
)
from tests.unit.releases.steps.failures.test_retry_policy import (
    DEFAULT,
    LEAST,
    MOST,
    UNKNOWN_CODE,
    decide,
    retried,
)
from wechat.component import COMPONENT_TOKEN_PATH, PREFIX
from wechat.errors import NotLent, OwnerAway, Refused, Unanswered

AUTHORIZER_TOKEN_PATH = PREFIX + "api_authorizer_token"
LIST_PATH = PREFIX + "api_get_authorizer_list"


def refused_at(path: str, errcode: int) -> Refused:
    return Refused(path, errcode, "no", "1-2-3", {})


@pytest.mark.parametrize("path", [COMPONENT_TOKEN_PATH, AUTHORIZER_TOKEN_PATH, LIST_PATH])
def test_a_quota_of_the_platforms_own_calls_holds_all_until_its_reset(path: str) -> None:
    decision = decide(refused_at(path, 45009), Progress(failures=5))

    assert isinstance(decision, AwaitQuota)
    assert decision.is_platforms


@pytest.mark.parametrize("path", ["/wxa/commit", "/cgi-bin/openapi/quota/get"])
def test_a_quota_of_a_mini_programs_call_holds_that_release_alone(path: str) -> None:
    decision = decide(refused_at(path, 45009))

    assert isinstance(decision, AwaitQuota)
    assert not decision.is_platforms


@pytest.mark.parametrize("path", [COMPONENT_TOKEN_PATH, AUTHORIZER_TOKEN_PATH])
def test_where_the_platforms_own_calls_are_too_fast_all_slow_down_for_a_minute(path: str) -> None:
    least = decide(refused_at(path, 45011), Progress(failures=5), LEAST)
    most = decide(refused_at(path, 45011), Progress(failures=5), MOST)

    assert isinstance(least, PauseForAWhile)
    assert isinstance(most, PauseForAWhile)
    assert (least.delay_s, most.delay_s) == (60, 75)


@pytest.mark.parametrize("path", [COMPONENT_TOKEN_PATH, AUTHORIZER_TOKEN_PATH])
@pytest.mark.parametrize("errcode", [-1, 89401])
def test_what_passes_by_itself_at_the_platforms_own_calls_pauses_nobody(path: str, errcode: int) -> None:
    assert isinstance(decide(refused_at(path, errcode)), Retry)


def test_no_answer_to_the_platforms_own_calls_pauses_nobody() -> None:
    assert retried(Unanswered(COMPONENT_TOKEN_PATH, "the connection was cut")).pause_s == 0


@pytest.mark.parametrize(
    "errcode", [40125, 40001, 40013, 40014, 41002, 41004, 47001, 61003, 61004, 61005, 61006, UNKNOWN_CODE]
)
def test_a_refused_component_token_pauses_the_platform_and_blocks_no_release(errcode: int) -> None:
    assert isinstance(decide(refused_at(COMPONENT_TOKEN_PATH, errcode)), PausePlatform)


@pytest.mark.parametrize("path", [AUTHORIZER_TOKEN_PATH, LIST_PATH])
@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_component_token_that_is_refused_again_holds_all_for_a_minute_and_this_one_not_for_ever(
    path: str, errcode: int
) -> None:
    decision = decide(refused_at(path, errcode), Progress(failures=4))

    assert isinstance(decision, PauseForAWhile)
    assert (decision.delay_s, decision.progress) == (75, Progress(failures=5))
    assert isinstance(decide(refused_at(path, errcode), Progress(failures=5)), Fail)


@pytest.mark.parametrize("errcode", [40125, 61004])
def test_what_is_wrong_with_the_platform_itself_needs_a_person(errcode: int) -> None:
    assert isinstance(decide(refused_at(AUTHORIZER_TOKEN_PATH, errcode)), PausePlatform)


@pytest.mark.parametrize("errcode", [40013, 42002, 61003, 61007, 61023])
def test_what_is_wrong_with_one_authorization_blocks_that_release_alone(errcode: int) -> None:
    assert isinstance(decide(refused_at(AUTHORIZER_TOKEN_PATH, errcode)), Block)


def asked(seconds: float, failures: int = 0, random: Callable[[], float] = LEAST) -> Retry:
    return retried(Unanswered("/wxa/commit", "HTTP 503", seconds), Progress(failures=failures), random)


def test_a_server_that_asks_to_be_left_alone_is_never_asked_sooner_by_anybody() -> None:
    assert (asked(60).delay_s, asked(60).pause_s) == (60, 60)
    assert (asked(60, random=MOST).delay_s, asked(60, random=MOST).pause_s) == (75, 60)


def refused_and_asked(errcode: int, seconds: float, path: str = "/wxa/commit") -> Refused:
    """WeChat's own refusal, with the header of a gateway before it."""
    return Refused(path, errcode, "no", None, {}, seconds)


def test_a_busy_wechat_that_asks_to_be_left_alone_is_not_asked_by_anybody() -> None:
    busy = retried(refused_and_asked(-1, 90), Progress(), LEAST)
    assert (busy.delay_s, busy.pause_s) == (90, 90)


@pytest.mark.parametrize("errcode", [45011, 9402202])
def test_a_refusal_to_one_that_asks_for_time_holds_that_release_alone(errcode: int) -> None:
    asked_for = retried(refused_and_asked(errcode, 90), Progress(), LEAST)
    assert (asked_for.delay_s, asked_for.pause_s) == (90, 0)
    assert retried(refused_and_asked(errcode, 1), Progress(), LEAST).delay_s == DEFAULT.slow_down_s


def test_a_refusal_of_the_platforms_calls_that_asks_for_time_holds_all() -> None:
    pause = decide(refused_and_asked(45011, 90, AUTHORIZER_TOKEN_PATH), random=LEAST)
    assert isinstance(pause, PauseForAWhile)
    assert pause.delay_s == 90


def test_a_short_time_that_a_server_asks_for_does_not_shorten_the_backoff() -> None:
    assert (asked(1, failures=4).delay_s, asked(1, failures=4).pause_s) == (16, 1)


@pytest.mark.parametrize("seconds", [3600, 3601, 86_400, 1e300, float("inf")])
def test_a_server_is_left_alone_for_an_hour_at_the_most(seconds: float) -> None:
    assert (asked(seconds).delay_s, asked(seconds).pause_s) == (3600, 3600)


@pytest.mark.parametrize("seconds", [0, -1, -1e300])
def test_a_time_in_the_past_asks_for_nothing(seconds: float) -> None:
    assert (asked(seconds).delay_s, asked(seconds).pause_s) == (1, 0)


def test_what_a_server_asks_for_uses_up_an_attempt() -> None:
    assert asked(60).progress.failures == 1
    assert isinstance(decide(Unanswered("/wxa/commit", "HTTP 503", 60), Progress(failures=5)), Fail)


def test_while_wechat_is_out_the_pauses_grow_up_to_some_minutes() -> None:
    assert [DEFAULT.outage_s(number) for number in range(1, 8)] == [16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("failures", "delay_s"), [(0, 16), (1, 32), (4, 256)])
def test_while_the_owner_of_the_tokens_is_away_all_wait_longer_each_time(
    failures: int, delay_s: float
) -> None:
    decision = decide(OwnerAway("HTTP 503"), Progress(failures=failures))

    assert isinstance(decision, PauseForAWhile)
    assert (decision.delay_s, decision.outage) == (delay_s, True)
    assert decision.progress == Progress(failures=failures + 1)
    assert "MPRELEASE_TOKENS__URL" in decision.problem.remedy


def test_an_owner_of_the_tokens_that_asks_for_time_gets_it() -> None:
    decision = decide(OwnerAway("HTTP 503", 100.0))
    assert isinstance(decision, PauseForAWhile)
    assert decision.delay_s == 100


def test_a_release_that_alone_gets_no_token_has_an_end() -> None:
    assert isinstance(decide(OwnerAway("HTTP 503"), Progress(failures=5)), Fail)


def test_a_mini_program_that_the_owner_of_the_tokens_does_not_know_is_blocked() -> None:
    decision = decide(NotLent("wx1"))
    assert isinstance(decision, Block)
    assert "wx1" in decision.problem.remedy
