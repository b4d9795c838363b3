from __future__ import annotations

from itertools import cycle, islice

import pytest

from releases.steps.failures.call_window import CallWindow

APPIDS = [f"wx{number:016x}" for number in range(8)]


class Ticking:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


@pytest.fixture
def window(clock: Ticking) -> CallWindow:
    return CallWindow(threads=8, monotonic=clock)


def call(window: CallWindow, appid: str, errcode: int | None) -> bool | None:
    """Make one call of a step; returns what the step sees of it."""
    with window.calls_for(appid) as seen:
        window.observe("/wxa/commit", errcode, 0.1)
    return seen.answered


def calls(window: CallWindow, *errcodes: int | None, of: int = len(APPIDS)) -> None:
    for appid, errcode in zip(cycle(APPIDS[:of]), errcodes, strict=False):
        call(window, appid, errcode)


@pytest.mark.parametrize("errcode", [None, -1])
def test_wechat_is_out_when_no_call_is_answered(window: CallWindow, errcode: int | None) -> None:
    calls(window, *[errcode] * 19)
    assert not window.is_out()

    calls(window, errcode)
    assert window.is_out()


def test_four_of_five_calls_are_enough(window: CallWindow) -> None:
    calls(window, *[0] * 4, *[None] * 15)
    assert not window.is_out()

    calls(window, None)
    assert window.is_out()


@pytest.mark.parametrize("errcode", [0, 85018, 45009, 9402202, 61004])
def test_a_refusal_is_an_answer(window: CallWindow, errcode: int) -> None:
    calls(window, *[errcode] * 40)

    assert not window.is_out()


def test_a_fifth_of_bad_answers_is_no_outage(window: CallWindow) -> None:
    for errcode in islice(cycle([None, 0, 0, -1, 0, 0, 0, 0, None, 0]), 1000):
        calls(window, errcode)
        assert not window.is_out()


def test_what_few_mini_programs_meet_is_their_own(window: CallWindow) -> None:
    calls(window, *[None] * 100, of=4)
    assert not window.is_out()

    calls(window, *[None] * 20, of=5)
    assert window.is_out()


def test_all_threads_that_are_cut_off_at_once_are_no_outage(clock: Ticking) -> None:
    window = CallWindow(threads=16, monotonic=clock)
    calls(window, *[0] * 100, *[None] * 16)
    assert not window.is_out()

    calls(window, *[None] * 16)
    assert window.is_out()


def test_calls_that_hang_for_a_minute_are_an_outage_too(clock: Ticking) -> None:
    window = CallWindow(threads=16, monotonic=clock)
    for _ in range(2):
        clock.seconds += 65
        calls(window, *[None] * 16)

    assert window.is_out()


def test_what_was_long_ago_does_not_count(window: CallWindow, clock: Ticking) -> None:
    calls(window, *[None] * 19)
    clock.seconds += 301
    calls(window, None)

    assert not window.is_out()


def test_what_was_noted_counts_once(window: CallWindow) -> None:
    calls(window, *[None] * 20)
    window.clear()
    calls(window, *[None] * 19)

    assert not window.is_out()


def test_calls_outside_of_steps_do_not_count(window: CallWindow) -> None:
    for _ in range(40):
        window.observe("/wxa/commit", None, 0.1)

    assert not window.is_out()


@pytest.mark.parametrize(("errcode", "answered"), [(0, True), (85018, True), (-1, False), (None, False)])
def test_a_step_sees_whether_its_last_call_was_answered(
    window: CallWindow, errcode: int | None, answered: bool
) -> None:
    assert call(window, APPIDS[0], errcode) is answered


def test_a_step_without_a_call_has_seen_nothing(window: CallWindow) -> None:
    with window.calls_for(APPIDS[0]) as seen:
        pass

    assert seen.answered is None
