"""What the doctor says, in words."""

from __future__ import annotations

import re

import pytest

from cli.doctor.findings import warn
from cli.doctor.pushes import _ago
from cli.doctor.stored import _SET_A_KEY
from cli.printing import Lines


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


def test_what_is_to_be_typed_is_not_broken_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    warn("encryption", "off " * 40, _SET_A_KEY).show(Lines())

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in capsys.readouterr().out.splitlines()]
    assert [line.strip() for line in lines[-len(_SET_A_KEY) :]] == list(_SET_A_KEY)
    assert all(line.startswith(" " * 23 + "off") for line in lines[1 : -len(_SET_A_KEY)])
