"""A time as people type it: of this machine's clock where it says nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cli.typed.times import read_time
from releases.errors import InvalidRequest


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def read(text: str, now: str = "2026-12-01T20:00:00+01:00") -> datetime:
    return read_time(text, datetime.fromisoformat(now))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("02:00", datetime(2026, 12, 2, 1, 0, tzinfo=UTC)),
        ("2:00", datetime(2026, 12, 2, 1, 0, tzinfo=UTC)),
        ("20:01", datetime(2026, 12, 1, 19, 1, tzinfo=UTC)),
        ("20:00", datetime(2026, 12, 2, 19, 0, tzinfo=UTC)),
        ("2026-12-05T02:00", datetime(2026, 12, 5, 1, 0, tzinfo=UTC)),
        ("2026-12-05 02:00:30", datetime(2026, 12, 5, 1, 0, 30, tzinfo=UTC)),
        ("2026-12-05T02:00:00+08:00", datetime(2026, 12, 4, 18, 0, tzinfo=UTC)),
        ("2026-12-05T02:00:00Z", datetime(2026, 12, 5, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_is_the_next_one_here_and_a_date_is_local_unless_it_says_otherwise(
    text: str, at: datetime
) -> None:
    assert read(text) == at


def test_tomorrows_time_has_tomorrows_offset() -> None:
    at = read("06:00", "2026-10-24T20:00:00+02:00")
    assert at == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "2", "24:00", "2:60", "tonight", "1764554400", "0001-01-01T00:00"])
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(text)

    assert caught.value.field == "at"
    assert "02:00" in caught.value.problem
