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
    ],
    ids=[
        "nothing",
        "an hour ago",
        "stands still",
        "steady",
        "just resumed",
        "resumed a minute ago",
        "just begun",
    ],
)
def test_the_speed_is_that_since_it_goes_on(ends: dict[int, int], began: datetime, per_minute: float) -> None:
    assert speed(ends, began, NOW) == pytest.approx(per_minute)
