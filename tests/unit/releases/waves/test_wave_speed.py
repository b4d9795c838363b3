from datetime import UTC, datetime, timedelta

import pytest

from releases.waves.report import speed

NOW = datetime(2026, 3, 14, 9, 26, 30, tzinfo=UTC)
MINUTE = int(NOW.timestamp() // 60)
LONG_AGO = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("ends", "began", "per_minute"),
    [
        ({}, LONG_AGO, 0),
        ({MINUTE - 60: 500}, LONG_AGO, 0),
        ({MINUTE - 2: 500}, LONG_AGO, 0),
        ({MINUTE - number: 90 for number in range(5)}, LONG_AGO, 100),
        ({MINUTE: 50}, LONG_AGO, 100),
        ({MINUTE - 1: 50, MINUTE: 100}, LONG_AGO, 100),
        ({MINUTE: 50}, NOW - timedelta(seconds=10), 300),
        ({MINUTE: 4}, NOW - timedelta(seconds=10), 0),
        ({MINUTE - 1: 1, MINUTE: 1}, LONG_AGO, 2 / 1.5),
    ],
    ids=[
        "nothing",
        "an hour ago",
        "stands still",
        "steady",
        "just resumed",
        "resumed a minute ago",
        "just begun",
        "too few to say",
        "few in a minute and more",
    ],
)
def test_the_speed_is_that_since_it_goes_on(ends: dict[int, int], began: datetime, per_minute: float) -> None:
    assert speed(ends, began, NOW) == pytest.approx(per_minute)


@pytest.mark.parametrize(
    ("number", "quiet_s", "moves"),
    [(500, 10, True), (500, 11, False), (20, 60, True), (20, 70, False)],
    ids=["a moment", "others still worked on by a dead worker", "a slow wave", "a slow wave that stands"],
)
def test_where_none_has_ended_for_long_there_is_no_speed(number: int, quiet_s: float, moves: bool) -> None:
    ended_at = NOW - timedelta(seconds=quiet_s)
    minutes = {MINUTE - 4: number // 2, MINUTE - 1: number - number // 2}

    assert bool(speed(minutes, LONG_AGO, NOW, ended_at=ended_at)) is moves
