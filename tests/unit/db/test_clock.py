"""How far the machine's clock is from Redis', and what the time is by Redis'."""

import time
from collections.abc import Callable

import pytest

from db.clock import TOLERANCE_S, RedisClock, in_words, is_right


def redis_ahead_of_us(seconds: float) -> Callable[[], tuple[int, int]]:
    def ask() -> tuple[int, int]:
        return divmod(int((time.time() + seconds) * 1e6), 1_000_000)

    return ask


@pytest.mark.parametrize("ahead_s", [-3600, -7, 0, 7, 3600])
def test_it_tells_how_far_the_machine_is_ahead(ahead_s: float) -> None:
    clock = RedisClock(redis_ahead_of_us(-ahead_s))
    assert clock.ahead_s() == pytest.approx(ahead_s, abs=0.5)
    assert clock.time() == pytest.approx(time.time() - ahead_s, abs=0.5)
    assert is_right(clock.ahead_s()) == (ahead_s == 0)


def test_a_slow_answer_makes_no_clock_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = iter([100.0, 100.0 + 4 * TOLERANCE_S])
    monkeypatch.setattr(time, "time", lambda: next(passing))
    assert RedisClock(lambda: (100, 0)).ahead_s() == 0


def test_between_two_answers_a_jump_of_the_machines_clock_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = RedisClock(redis_ahead_of_us(0))
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert (clock.now() - before).total_seconds() == pytest.approx(0, abs=1)


def test_an_old_answer_is_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([(1_000, 0), (2_000, 0)])
    clock = RedisClock(lambda: next(answers))
    clock.time()
    assert clock.time() == pytest.approx(1_000, abs=1)
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 60)
    assert clock.time() == pytest.approx(2_000, abs=1)


def test_the_words_say_by_how_much_and_in_which_direction() -> None:
    assert "3600 s ahead of Redis'" in in_words(3600.2)
    assert "12 s behind Redis'" in in_words(-12)
