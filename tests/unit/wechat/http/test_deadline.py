from __future__ import annotations

import pytest

from wechat.http.deadline import Deadline, DeadlineExceeded


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


def test_deadline_counts_down(stopwatch: Stopwatch) -> None:
    deadline = Deadline(10, stopwatch)

    stopwatch.seconds += 4

    assert deadline.remaining() == 6


@pytest.mark.parametrize("passed", [10, 11, 10_000])
def test_deadline_is_exceeded_from_its_last_moment_on(stopwatch: Stopwatch, passed: int) -> None:
    deadline = Deadline(10, stopwatch)

    stopwatch.seconds += passed

    with pytest.raises(DeadlineExceeded):
        deadline.remaining()


@pytest.mark.parametrize("seconds", [0, -1])
def test_deadline_without_time_is_exceeded_at_once(stopwatch: Stopwatch, seconds: int) -> None:
    with pytest.raises(DeadlineExceeded):
        Deadline(seconds, stopwatch).remaining()


def test_inner_deadline_ends_sooner(stopwatch: Stopwatch) -> None:
    assert Deadline(10, stopwatch).within(3).remaining() == 3


def test_inner_deadline_never_outlasts_the_outer_one(stopwatch: Stopwatch) -> None:
    outer = Deadline(10, stopwatch)
    stopwatch.seconds += 8

    assert outer.within(3).remaining() == 2


def test_inner_deadline_runs_by_the_same_clock(stopwatch: Stopwatch) -> None:
    inner = Deadline(10, stopwatch).within(3)

    stopwatch.seconds += 3

    with pytest.raises(DeadlineExceeded):
        inner.remaining()


def test_no_inner_deadline_can_be_taken_from_one_that_is_over(stopwatch: Stopwatch) -> None:
    outer = Deadline(10, stopwatch)
    stopwatch.seconds += 10

    with pytest.raises(DeadlineExceeded):
        outer.within(3)
