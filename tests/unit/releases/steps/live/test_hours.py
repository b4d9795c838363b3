"""The hours in which releases are published, by the clocks of a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.steps.live.hours import Hours

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = (22 * 60, 6 * 60)
NOON = (12 * 60, 13 * 60)


def opening(hours: Hours, now: str) -> str:
    """The next opening, both by the zone's clocks."""
    at = datetime.fromisoformat(now).replace(tzinfo=hours.zone)
    return f"{hours.next_opening(at).astimezone(hours.zone):%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-30 21:59:59", "2026-11-30 22:00:00"),
        ("2026-11-30 22:00:00", "2026-11-30 22:00:00"),
        ("2026-11-30 23:59:59", "2026-11-30 23:59:59"),
        ("2026-12-01 00:00:00", "2026-12-01 00:00:00"),
        ("2026-12-01 05:59:59", "2026-12-01 05:59:59"),
        ("2026-12-01 06:00:00", "2026-12-01 22:00:00"),
    ],
)
def test_hours_over_midnight_begin_with_their_first_minute_and_end_before_their_last(
    now: str, then: str
) -> None:
    assert opening(Hours((NIGHT,), zone=SHANGHAI), now) == then


def test_of_several_hours_the_next_ones_count() -> None:
    hours = Hours((NIGHT, NOON), zone=SHANGHAI)

    assert opening(hours, "2026-12-01 06:00:01") == "2026-12-01 12:00:00"
    assert opening(hours, "2026-12-01 13:00:00") == "2026-12-01 22:00:00"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-09-30 23:00:00", "2026-09-30 23:00:00"),
        ("2026-10-01 02:00:00", "2026-10-02 00:00:00"),
        ("2026-10-01 23:00:00", "2026-10-02 00:00:00"),
        ("2026-10-02 05:00:00", "2026-10-02 05:00:00"),
    ],
)
def test_on_a_date_that_is_left_out_nothing_begins_whenever_the_night_began(now: str, then: str) -> None:
    assert opening(Hours((NIGHT,), frozenset({date(2026, 10, 1)}), SHANGHAI), now) == then


def test_the_date_is_that_of_the_zone() -> None:
    hours = Hours(not_on=frozenset({date(2026, 10, 1)}), zone=SHANGHAI)

    assert hours.are_open(datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    assert not hours.are_open(datetime(2026, 9, 30, 16, 0, tzinfo=UTC))
    assert not hours.are_open(datetime(2026, 10, 1, 15, 59, tzinfo=UTC))
    assert hours.are_open(datetime(2026, 10, 1, 16, 0, tzinfo=UTC))


def test_without_hours_and_dates_it_is_always_time() -> None:
    now = datetime(2026, 10, 1, 3, 4, 5, 6, tzinfo=UTC)
    assert Hours().next_opening(now) == now


@pytest.mark.parametrize(
    ("day", "span", "opens"),
    [
        # Clocks go from 02:00 to 03:00: hours that begin in between begin with 03:00 ...
        ("2026-03-29", (150, 300), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # ... and those that lie in between begin on the next day.
        ("2026-03-29", (130, 170), datetime(2026, 3, 30, 0, 10, tzinfo=UTC)),
        # Clocks go from 03:00 back to 02:00: the first 02:30 counts.
        ("2026-10-25", (150, 300), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_where_clocks_are_put_forward_or_back_the_clock_on_the_wall_decides(
    day: str, span: tuple[int, int], opens: datetime
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    assert Hours((span,), zone=BERLIN).next_opening(midnight) == opens


def test_nobody_looks_further_ahead_than_two_months() -> None:
    now = datetime(2026, 10, 1, tzinfo=UTC)
    never = Hours(not_on=frozenset(now.date() + timedelta(days=n) for n in range(100)))

    assert timedelta(days=60) < never.next_opening(now) - now < timedelta(days=70)


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    spans=st.lists(
        st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(lambda span: span[0] != span[1]),
        min_size=1,
        max_size=3,
    ),
)
def test_it_is_open_then_and_was_not_before(now: datetime, spans: list[tuple[int, int]]) -> None:
    hours = Hours(tuple(spans), zone=BERLIN)

    at = hours.next_opening(now)

    assert hours.are_open(at)
    assert at == now or not hours.are_open(max(now, at - timedelta(microseconds=1)))
