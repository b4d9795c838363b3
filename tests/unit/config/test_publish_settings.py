from __future__ import annotations

import pytest

from config.loading import load_settings
from tests.unit.config.conftest import problems

HOURS, ZONE = "MPRELEASE_PUBLISH__HOURS", "MPRELEASE_PUBLISH__TIME_ZONE"


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("22:00-06:00", [(1320, 360)]),
        (" 22:00-24:00 , 00:00-06:00,", [(1320, 1440), (0, 360)]),
        ('["22:00-06:00"]', [(1320, 360)]),
        ("", []),
    ],
)
def test_hours_are_minutes_of_the_day(text: str, spans: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOURS, text)
    assert load_settings().publish.hours == spans


@pytest.mark.parametrize(
    "text", ["22-6", "22:00", "24:00-06:00", "22:00-25:00", "22:60-23:00", "22:00\u201306:00"]
)
def test_what_are_no_hours_is_refused_with_what_would_be_right(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOURS, f"12:00-13:00,{text}")
    assert problems() == [f"{HOURS}: number 2 must be HH:MM-HH:MM, such as 22:00-06:00"]


def test_hours_that_end_when_they_begin_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOURS, "06:00-06:00")
    assert problems() == [f"{HOURS}: number 1 ends when it begins: leave it out for the whole day"]


@pytest.mark.parametrize(
    "name", ["Asia/Peking", "../../etc/passwd", "/etc/localtime", "", "Asia", "CST+8CDT0"]
)
def test_a_time_zone_has_to_be_known(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ZONE, name)
    assert problems() == [f"{ZONE}: must be the name of a time zone, such as Asia/Shanghai"]


def test_what_is_no_date_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPRELEASE_PUBLISH__NOT_ON", "2026-10-01,National Day")
    (problem,) = problems()
    assert problem.startswith("MPRELEASE_PUBLISH__NOT_ON")
