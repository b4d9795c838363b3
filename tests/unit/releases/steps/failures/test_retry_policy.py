from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import RetrySettings
from releases.problems import NotShownYet, StepBlocked
from releases.record import Progress
from releases.states import Step
from releases.steps.failures.retry_policy import (
    AwaitQuota,
    Block,
    Decision,
    Fail,
    PausePlatform,
    Retry,
    RetryPolicy,
    StepError,
)
from tests.support.fake_wechat import refused, unanswered
from wechat.errcodes.table import TABLE, QuotaReset, Verdict
from wechat.errors import AuthorizationPending, NotAuthorized, RateLimited, TicketMissing, Unreadable
from wechat.http.deadline import DeadlineExceeded

POLICY = RetryPolicy(
    max_attempts=6,
    wait_initial_s=2,
    wait_max_s=300,
    scan_wait_s=60,
    scan_max_attempts=240,
    slow_down_s=60,
)
#: What a worker gets that sets none of the numbers.
DEFAULT = RetryPolicy(**RetrySettings().model_dump())
UNKNOWN_CODE = 123_456_789
LEAST, MOST = (lambda: 0.0), (lambda: 1.0)


def decide(
    error: StepError, progress: Progress | None = None, random: Callable[[], float] = MOST
) -> Decision:
    return POLICY.decide(error, Step.COMMIT_CODE, progress or Progress(), random)


def retried(error: StepError, progress: Progress | None = None, random: Callable[[], float] = MOST) -> Retry:
    decision = decide(error, progress, random)
    assert isinstance(decision, Retry)
    return decision


EXPECTED = {
    Verdict.RETRY: Retry,
    Verdict.SLOW_DOWN: Retry,
    Verdict.WAIT: Retry,
    Verdict.UNKNOWN: Retry,
    Verdict.TOKEN: Fail,
    Verdict.BUG: Fail,
    Verdict.QUOTA: AwaitQuota,
    Verdict.PLATFORM: PausePlatform,
    Verdict.BLOCK: Block,
    Verdict.ADOPT: Block,
}


@pytest.mark.parametrize("errcode", sorted(TABLE))
def test_each_errcode_is_decided_by_its_verdict(errcode: int) -> None:
    decision = decide(refused(errcode))

    assert type(decision) is EXPECTED[TABLE[errcode].verdict]
    assert decision.problem.errcode == errcode
    assert decision.problem.step is Step.COMMIT_CODE
    assert decision.problem.rid == "1-2-3"
    assert decision.problem.remedy == TABLE[errcode].remedy


@pytest.mark.parametrize("error", [unanswered(), DeadlineExceeded(), refused(-1)])
def test_what_can_pass_is_retried_until_the_attempts_are_used_up(error: StepError) -> None:
    progress, attempts = Progress(), 1
    while isinstance(decision := decide(error, progress), Retry):
        progress, attempts = decision.progress, attempts + 1

    assert isinstance(decision, Fail)
    assert attempts == POLICY.max_attempts


def test_with_one_attempt_nothing_is_retried() -> None:
    policy = RetryPolicy(
        max_attempts=1, wait_initial_s=2, wait_max_s=300, scan_wait_s=60, scan_max_attempts=1, slow_down_s=60
    )

    assert isinstance(policy.decide(unanswered(), Step.COMMIT_CODE, Progress(), MOST), Fail)


def test_the_wait_doubles_with_each_failure() -> None:
    waits = [retried(unanswered(), Progress(failures=failures)).delay_s for failures in range(5)]

    assert waits == [2, 4, 8, 16, 32]


def test_half_of_the_wait_is_chance() -> None:
    assert retried(unanswered(), random=LEAST).delay_s == 1
    assert retried(unanswered(), random=lambda: 0.5).delay_s == 1.5


def waits(error: StepError, policy: RetryPolicy, random: Callable[[], float]) -> list[float]:
    """The waits between the calls of a step that meets this error until it fails."""
    found, progress = list[float](), Progress()
    while isinstance(decision := policy.decide(error, Step.COMMIT_CODE, progress, random), Retry):
        found.append(decision.delay_s)
        progress = decision.progress
    assert isinstance(decision, Fail)
    return found


@given(st.randoms(use_true_random=False))
@pytest.mark.parametrize("error", [unanswered(), DeadlineExceeded(), refused(-1), refused(9402202)])
def test_the_default_budget_outlasts_five_minutes_with_few_calls(error: StepError, random: Random) -> None:
    between = waits(error, DEFAULT, random.random)

    assert sum(between) > 300
    assert len(between) + 1 <= 10


@pytest.mark.parametrize("chance", [LEAST, MOST])
def test_the_default_budget_outlasts_five_minutes_at_both_ends_of_the_jitter(
    chance: Callable[[], float],
) -> None:
    assert 300 < sum(waits(unanswered(), DEFAULT, chance)) < 900


@pytest.mark.parametrize("failures", range(5))
def test_another_operation_is_given_a_minute_before_it_is_asked_about(failures: int) -> None:
    progress = Progress(failures=failures)

    assert retried(refused(9402202), progress, LEAST).delay_s == 60
    assert retried(refused(9402202), progress, MOST).delay_s == 75
    # Others that pass by themselves are tried again sooner.
    assert retried(refused(85090), progress, MOST).delay_s < 60


def test_the_wait_is_capped() -> None:
    assert POLICY.backoff_s(30, MOST) == POLICY.wait_max_s


@given(st.integers(min_value=1, max_value=10**9), st.floats(min_value=0, max_value=1))
def test_backoff_stays_within_its_bounds_for_any_attempt(attempt: int, chance: float) -> None:
    delay_s = POLICY.backoff_s(attempt, lambda: chance)

    ceiling = min(POLICY.wait_max_s, POLICY.wait_initial_s * 2 ** min(attempt - 1, 100))
    assert ceiling / 2 <= delay_s <= ceiling


@pytest.mark.parametrize("failures", range(5))
def test_slowing_down_takes_a_minute_at_least_whatever_the_attempt(failures: int) -> None:
    progress = Progress(failures=failures)

    assert retried(refused(45011), progress, LEAST).delay_s == 60
    assert retried(refused(45011), progress, MOST).delay_s == 75


def test_slowing_down_uses_up_attempts() -> None:
    assert retried(refused(45011), Progress(failures=1)).progress.failures == 2
    assert isinstance(decide(refused(45011), Progress(failures=5)), Fail)


def test_a_call_that_a_limit_of_ours_held_back_uses_up_nothing() -> None:
    progress = Progress(failures=5, scans=238, unknowns=1)

    soon, late = (decide(RateLimited("rate limit of 600 per minute", wait_s), progress) for wait_s in (1, 40))

    assert isinstance(soon, Retry)
    assert isinstance(late, Retry)
    assert soon.progress == late.progress == progress
    assert 5 <= soon.delay_s <= 6.25
    assert 40 <= late.delay_s <= 50
    assert (soon.problem.errcode, soon.problem.errmsg) == (None, "rate limit of 600 per minute")


def test_waiting_for_the_scan_has_a_budget_of_its_own() -> None:
    used_up = Progress(failures=5, unknowns=1)

    decision = retried(refused(61039), used_up)

    # Uses up none of the failures: WeChat has answered, so they count from the start again.
    assert decision.progress == Progress(failures=0, unknowns=1, scans=1)


def test_waiting_for_the_scan_waits_a_minute_and_a_little() -> None:
    assert retried(refused(61039), Progress(scans=200), LEAST).delay_s == 60
    assert retried(refused(61039), Progress(scans=200), MOST).delay_s == pytest.approx(66)


def test_a_scan_that_never_ends_blocks_after_its_budget() -> None:
    assert isinstance(decide(refused(61039), Progress(scans=238)), Retry)
    assert isinstance(decide(refused(61039), Progress(scans=239)), Block)


def test_an_unknown_code_is_retried_once_and_then_blocks_with_code_message_and_rid() -> None:
    first = retried(refused(UNKNOWN_CODE, "what is this"), random=MOST)
    second = decide(refused(UNKNOWN_CODE, "what is this"), first.progress)

    assert first.delay_s == 2
    assert isinstance(second, Block)
    assert (second.problem.errcode, second.problem.errmsg, second.problem.rid) == (
        UNKNOWN_CODE,
        "what is this",
        "1-2-3",
    )


def test_an_unknown_code_uses_up_no_attempt() -> None:
    assert retried(refused(UNKNOWN_CODE), Progress(failures=5)).progress == Progress(failures=5, unknowns=1)


def test_without_a_ticket_the_platform_is_paused_until_one_comes() -> None:
    decision = decide(TicketMissing())

    assert isinstance(decision, PausePlatform)
    assert decision.lacks_ticket
    assert "mprelease ticket" in decision.problem.remedy


def test_an_authorization_that_was_pushed_is_waited_for_and_uses_nothing_up() -> None:
    waits = retried(AuthorizationPending("wx0123456789abcdef"), Progress(failures=3), LEAST)
    assert (waits.delay_s, waits.progress.failures) == (1, 3)


def test_a_mini_program_without_a_refresh_token_blocks_alone() -> None:
    decision = decide(NotAuthorized("wx0123456789abcdef"))

    assert isinstance(decision, Block)
    assert "mprelease authorize wx0123456789abcdef" in decision.problem.remedy


def test_a_refresh_token_that_no_key_opens_blocks_alone() -> None:
    decision = decide(Unreadable("wechat:refresh-token:wx0123456789abcdef", "wx0123456789abcdef"))

    assert isinstance(decision, Block)
    assert "MPRELEASE_REDIS__ENCRYPTION_KEYS" in decision.problem.remedy


def test_a_ticket_that_no_key_opens_pauses_the_platform_until_a_person_acts() -> None:
    decision = decide(Unreadable("wechat:ticket"))

    assert isinstance(decision, PausePlatform)
    assert not decision.lacks_ticket
    assert "MPRELEASE_REDIS__ENCRYPTION_KEYS" in decision.problem.remedy


@pytest.mark.parametrize("errcode", [61004, 61005, 61006, 40125, 86008, 86009, 86010])
def test_a_mistake_that_would_be_everybodys_pauses_the_platform(errcode: int) -> None:
    decision = decide(refused(errcode))

    assert isinstance(decision, PausePlatform)
    assert not decision.lacks_ticket


@pytest.mark.parametrize(
    ("errcode", "reset", "of_submissions"),
    [
        (45009, QuotaReset.DAY, False),
        (85085, QuotaReset.DAY, True),
        (86102, QuotaReset.MONTH, False),
    ],
)
def test_a_used_up_quota_says_what_it_stops_and_until_when(
    errcode: int, reset: QuotaReset, of_submissions: bool
) -> None:
    decision = decide(refused(errcode))

    assert isinstance(decision, AwaitQuota)
    assert (decision.row.quota, decision.row.of_submissions) == (reset, of_submissions)


def test_a_used_up_quota_never_uses_up_attempts() -> None:
    assert isinstance(decide(refused(45009), Progress(failures=5, scans=239, unknowns=1)), AwaitQuota)


def test_a_blocked_step_keeps_its_domains() -> None:
    domains = {"requestdomain": ["https://a.example.com"]}

    decision = decide(StepBlocked(errcode=85018, errmsg="not registered", remedy="Register", domains=domains))

    assert isinstance(decision, Block)
    assert decision.problem.domains == domains
    assert decision.problem.step is Step.COMMIT_CODE


def not_shown(**budget: Any) -> NotShownYet:
    return NotShownYet(StepBlocked(errcode=7, errmsg="not there", remedy="Look"), **budget)


def test_what_is_not_shown_yet_is_asked_for_so_often_and_then_blocks() -> None:
    error = not_shown(budget="unshown", tries=2)

    assert retried(error).progress == Progress(unshown=1)
    assert retried(error, Progress(unshown=1, failures=5)).progress == Progress(unshown=2, failures=5)
    decision = decide(error, Progress(unshown=2))
    assert isinstance(decision, Block)
    assert (decision.problem.errcode, decision.problem.errmsg) == (7, "not there")


def test_without_a_number_it_may_be_asked_for_as_often_as_anything_may_fail() -> None:
    error = not_shown(budget="failures")

    assert retried(error, Progress(failures=4)).progress == Progress(failures=5)
    assert isinstance(decide(error, Progress(failures=5)), Block)


def test_it_is_asked_for_after_a_second_at_the_least() -> None:
    quick = replace(POLICY, wait_initial_s=0.1)
    error = not_shown(budget="unfound", tries=1)

    decisions = [quick.decide(error, Step.SUBMIT_AUDIT, Progress(), random) for random in (LEAST, MOST)]

    assert [decision.delay_s for decision in decisions if isinstance(decision, Retry)] == [1, 1.25]


def test_errors_met_during_a_long_scan_do_not_add_up() -> None:
    assert retried(refused(61039), Progress(failures=4, scans=7)).progress == Progress(failures=0, scans=8)
