from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wechat.http.clock import WeChatClock

WALL = 5_000.0
#: Wed, 21 Oct 2015 07:28:00 GMT
THEN = 1445412480.0


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def clock(stopwatch: Stopwatch) -> WeChatClock:
    return WeChatClock(monotonic=stopwatch, wall=lambda: WALL)


@pytest.fixture
def machine_in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CST-8")
        time.tzset()
        yield
    time.tzset()


def test_clock_that_was_told_nothing_tells_the_machines_time(clock: WeChatClock) -> None:
    assert (clock.is_set, clock.now()) == (False, WALL)


def test_date_header_sets_the_clock(clock: WeChatClock) -> None:
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    assert (clock.is_set, clock.now()) == (True, THEN)


def test_clock_goes_on_with_the_monotonic_one(clock: WeChatClock, stopwatch: Stopwatch) -> None:
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    stopwatch.seconds += 12.5

    assert clock.now() == THEN + 12.5


def test_date_header_counts_from_when_it_came(clock: WeChatClock, stopwatch: Stopwatch) -> None:
    came_at = stopwatch()
    stopwatch.seconds += 3

    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT", came_at)

    assert clock.now() == THEN + 3


def test_last_date_header_counts(clock: WeChatClock, stopwatch: Stopwatch) -> None:
    clock.observe("Wed, 21 Oct 2015 07:00:00 GMT")
    stopwatch.seconds += 5

    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    assert clock.now() == THEN


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "yesterday",
        "Wed, 99 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        f"Wed, 21 Oct {10**20} 07:28:00 GMT",
        ",,",
    ],
)
def test_date_header_that_cannot_be_read_is_ignored(clock: WeChatClock, header: str | None) -> None:
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    clock.observe(header)

    assert clock.now() == THEN


@pytest.mark.usefixtures("machine_in_shanghai")
def test_time_zone_of_the_machine_does_not_matter(clock: WeChatClock) -> None:
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")

    assert clock.now() == THEN


@pytest.mark.usefixtures("machine_in_shanghai")
@pytest.mark.parametrize("zone", ["-0000", ""])
def test_date_header_of_unknown_zone_is_taken_for_utc(clock: WeChatClock, zone: str) -> None:
    clock.observe(f"Wed, 21 Oct 2015 07:28:00 {zone}".strip())

    assert clock.now() == THEN


@settings(deadline=None)
@given(
    st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,4} [A-Z][a-z]{2} \d{1,9} [\d:.]{1,9} [+-]?\w{0,9}\Z")
)
def test_no_date_header_breaks_the_clock(header: str) -> None:
    clock = WeChatClock(monotonic=lambda: 1.0, wall=lambda: WALL)

    clock.observe(header)

    assert isinstance(clock.now(), float)
