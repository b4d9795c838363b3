"""An act that takes long is not waited for, and goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

import pytest

from tests.support.workers import wait_for
from web.page.acts.patience import TooMuchAtOnce, in_time


def test_what_is_done_in_time_is_answered_with_what_came_of_it() -> None:
    assert in_time(lambda: 3) == 3
    with pytest.raises(KeyError):
        in_time(lambda: dict[int, int]()[1])


def test_what_takes_longer_goes_on_and_its_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    may_end = Event()

    def done() -> int:
        may_end.wait(30)
        return 10_000

    def broken() -> int:
        may_end.wait(30)
        raise KeyError("gone")

    assert in_time(done, 0.01) is None
    assert in_time(broken, 0.01) is None
    may_end.set()
    wait_for(lambda: "is done: 10000 releases" in caplog.text)
    wait_for(lambda: "broken off: KeyError; repeat it" in caplog.text)


def test_what_stops_waits_for_nothing_that_goes_on_and_nothing_is_kept_for_later() -> None:
    may_end = Event()

    def long() -> int:
        return int(may_end.wait(30))

    try:
        while not is_refused(long):
            pass
        assert in_time(lambda: 3, stops=True) == 3
    finally:
        may_end.set()

    wait_for(lambda: not is_refused(lambda: 3))


def is_refused(act: Callable[[], int]) -> bool:
    try:
        in_time(act, 0.01)
    except TooMuchAtOnce:
        return True
    return False
