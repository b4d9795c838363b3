from collections.abc import Callable

from releases.waves.kept import Kept


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def reading(clock: Clock, takes_s: float) -> tuple[list[float], Callable[[], float]]:
    """What was read so far, and a read that takes so many seconds."""
    done = list[float]()

    def read() -> float:
        clock.now += takes_s
        done.append(clock.now)
        return clock.now

    return done, read


def test_what_was_read_is_kept_for_a_second_and_for_ten_times_what_it_took() -> None:
    clock = Clock()
    for takes_s, kept_s in ((0.01, 1.0), (2.0, 20.0)):
        kept = Kept[float](clock)
        done, read = reading(clock, takes_s)
        first = kept.of("a", None, read)
        clock.now += kept_s - 0.01
        assert kept.of("a", None, read) == first
        clock.now += 0.02
        assert kept.of("a", None, read) > first
        assert len(done) == 2


def test_another_state_is_read_at_once_and_other_names_are_kept_beside_it() -> None:
    clock = Clock()
    kept = Kept[float](clock)
    done, read = reading(clock, 0)
    for name, state in (("a", 1), ("b", 1), ("a", 1), ("a", 2), ("b", 1)):
        kept.of(name, state, read)
    assert len(done) == 3


def test_the_names_that_are_kept_are_bounded() -> None:
    kept = Kept[float](Clock())
    done, read = reading(Clock(), 0)
    for name in (*map(str, range(33)), "0"):
        kept.of(name, None, read)
    assert len(done) == 34
