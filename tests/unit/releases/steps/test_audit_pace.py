from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.steps.audit_pace import (
    FIRST_S,
    OFTEN_FOR_S,
    OFTEN_S,
    PUSHED_FOR_S,
    PUSHED_S,
    SELDOM_S,
    first_look,
    next_look,
)
from tests.support.examples import NOW


def test_the_first_look_is_some_ten_minutes_after_the_submission() -> None:
    after_s = (first_look(NOW) - NOW).total_seconds()

    assert 0.9 * FIRST_S < after_s < 1.1 * FIRST_S


@given(age_s=st.floats(0, 10 * OFTEN_FOR_S))
def test_a_day_long_every_half_hour_then_every_two_hours(age_s: float) -> None:
    after_s = (next_look(NOW, NOW - timedelta(seconds=age_s), None) - NOW).total_seconds()

    about = OFTEN_S if age_s < OFTEN_FOR_S else SELDOM_S
    assert 0.9 * about < after_s < 1.1 * about


def test_of_which_nobody_knows_the_age_is_looked_at_seldom() -> None:
    assert (next_look(NOW, None, None) - NOW).total_seconds() > OFTEN_S


@pytest.mark.parametrize(("ago_s", "is_soon"), [(0, True), (PUSHED_FOR_S - 1, True), (PUSHED_FOR_S, False)])
def test_after_a_push_it_is_looked_at_often_for_some_minutes(ago_s: float, is_soon: bool) -> None:
    after_s = (next_look(NOW, NOW, NOW.timestamp() - ago_s) - NOW).total_seconds()

    assert (after_s == PUSHED_S) is is_soon
