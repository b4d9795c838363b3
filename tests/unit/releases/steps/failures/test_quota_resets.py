from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.steps.failures.quota_resets import SPREAD_S, next_day, next_month, reset_at, spread_after
from wechat.errcodes.table import verdict_of
from wechat.mini_program import Quota

DAILY, MONTHLY = verdict_of(45009), verdict_of(86102)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-14 09:26:53", "2026-03-14 16:00"),
        ("2026-03-14 15:59:59", "2026-03-14 16:00"),
        ("2026-03-14 16:00:00", "2026-03-15 16:00"),
        ("2026-02-28 16:30:00", "2026-03-01 16:00"),
        ("2028-02-28 12:00:00", "2028-02-28 16:00"),
        ("2026-12-31 15:00:00", "2026-12-31 16:00"),
        ("2026-12-31 17:00:00", "2027-01-01 16:00"),
    ],
)
def test_the_day_turns_at_midnight_in_shanghai(now: str, then: str) -> None:
    assert next_day(utc(now)) == utc(then)
    assert reset_at(DAILY, None, utc(now)) == utc(then)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-14 09:26:53", "2026-03-31 16:00"),
        # The last day of a month in UTC can be the first of the next one in Shanghai.
        ("2026-03-31 15:59:59", "2026-03-31 16:00"),
        ("2026-03-31 16:00:00", "2026-04-30 16:00"),
        ("2026-01-31 15:00:00", "2026-01-31 16:00"),
        ("2026-01-31 23:00:00", "2026-02-28 16:00"),
        ("2028-02-10 00:00:00", "2028-02-29 16:00"),
        ("2026-12-31 15:00:00", "2026-12-31 16:00"),
        ("2026-12-31 16:00:00", "2027-01-31 16:00"),
    ],
)
def test_the_month_turns_on_its_first_at_midnight_in_shanghai(now: str, then: str) -> None:
    assert next_month(utc(now)) == utc(then)
    assert reset_at(MONTHLY, None, utc(now)) == utc(then)


def test_the_moment_is_told_in_utc() -> None:
    assert reset_at(DAILY, None, utc("2026-03-14 09:00")).utcoffset() == timedelta(0)
    assert reset_at(MONTHLY, None, utc("2026-03-14 09:00")).utcoffset() == timedelta(0)


def test_with_calls_left_today_the_limit_was_the_per_minute_one() -> None:
    now = utc("2026-03-14 09:26:53")

    assert reset_at(DAILY, Quota(remain=4711, refresh_s=60), now) == now + timedelta(seconds=60)


@pytest.mark.parametrize(
    "quota",
    [Quota(remain=0, refresh_s=60), Quota(remain=None, refresh_s=60), Quota(remain=9, refresh_s=None)],
)
def test_without_calls_left_or_an_answer_that_says_so_the_day_counts(quota: Quota) -> None:
    now = utc("2026-03-14 09:26:53")

    assert reset_at(DAILY, quota, now) == next_day(now)


@pytest.mark.parametrize("refresh_s", [86_401.0, 1e12, 1e308])
def test_a_rate_window_that_makes_no_sense_is_not_waited_for(refresh_s: float) -> None:
    now = utc("2026-03-14 09:26:53")

    assert reset_at(DAILY, Quota(remain=5, refresh_s=refresh_s), now) == next_day(now)


@given(st.floats(min_value=0.001, max_value=40 * 86_400), st.floats(min_value=0, max_value=1))
def test_nobody_is_back_before_the_reset_nor_later_than_the_spread_after_it(
    left_s: float, chance: float
) -> None:
    now = utc("2026-03-14 09:26:53")
    reset = now + timedelta(seconds=left_s)

    back = spread_after(reset, now, lambda: chance)

    assert timedelta(0) <= back - reset <= timedelta(seconds=min(SPREAD_S, left_s))


def test_the_spread_after_a_reset_reaches_from_the_reset_to_a_minute_later() -> None:
    now = utc("2026-03-14 09:26:53")
    reset = next_day(now)

    assert spread_after(reset, now, lambda: 0.0) == reset
    assert spread_after(reset, now, lambda: 0.5) == reset + timedelta(seconds=30)
    assert spread_after(reset, now, lambda: 1.0) == reset + timedelta(seconds=60)


def test_after_a_window_of_six_seconds_nobody_waits_for_a_minute_more() -> None:
    now = utc("2026-03-14 09:26:53")
    reset = now + timedelta(seconds=6)

    assert spread_after(reset, now, lambda: 1.0) == reset + timedelta(seconds=0.6)
