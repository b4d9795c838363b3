"""What the doctor says, in words."""

from __future__ import annotations

import pytest

from cli.doctor.pushes import _ago


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute ago"),
        (59.9, "less than a minute ago"),
        (60, "1 minute ago"),
        (31 * 60 + 5, "31 minutes ago"),
        (3600, "1 hour ago"),
        (3660, "1 hour 1 minute ago"),
        (11 * 3600 + 59 * 60, "11 hours 59 minutes ago"),
    ],
)
def test_an_age_is_told_in_hours_and_minutes(seconds: float, said: str) -> None:
    assert _ago(seconds) == said
