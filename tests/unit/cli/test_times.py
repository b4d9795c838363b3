"""Times are local, with their offset, where a person reads them; elsewhere they are UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from cli.lines import counted, in_local_time
from cli.printing import detail, listing, notes, whole
from releases.states import Status
from tests.support.examples import NOW, a_problem, a_release


@pytest.fixture(autouse=True)
def in_india(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("next try 2026-03-14 20:26:53 UTC)", "next try 2026-03-15 01:56:53 +05:30)"),
        ("wait until 2026-03-14 20:26 UTC: -1 busy", "wait until 2026-03-15 01:56 +05:30: -1 busy"),
        ("2026-03-14T09:26:53.123456Z", "2026-03-14 14:56:53 +05:30"),
        ("2026-03-14T09:26:53+00:00", "2026-03-14 14:56:53 +05:30"),
        (
            "from 2026-03-14 09:26 UTC to 2026-03-14 10:26 UTC",
            "from 2026-03-14 14:56 +05:30 to 2026-03-14 15:56 +05:30",
        ),
        ("version 2026-03-14, 2026-03-14 09:26 +08:00, 2026-99-14 09:26 UTC", None),
    ],
)
def test_times_in_utc_become_local_and_nothing_else_is_touched(text: str, shown: str | None) -> None:
    assert in_local_time(text) == (text if shown is None else shown)


def test_a_terminal_shows_local_times_and_a_pipe_utc(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = a_release(status=Status.WAITING, wait=a_problem(), next_attempt_at=NOW.replace(year=2126))

    listing([waiting])
    whole(waiting)
    notes.print(detail(waiting))
    piped = capsys.readouterr()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    listing([waiting])
    whole(waiting)
    notes.print(detail(waiting))
    on_terminal = capsys.readouterr()

    assert "2026-03-14 09:26:53 UTC" in piped.out
    assert "2126-03-14 09:26:53 UTC" in piped.err
    assert "+05:30" not in piped.out + piped.err
    words = " ".join(on_terminal.out.split())
    assert words.count("2026-03-14 14:56:53 +05:30") == 3  # two fields, and the history
    assert words.count("2126-03-14 14:56:53 +05:30") == 2  # a field, and the list
    assert "14:56:53 +05:30" in on_terminal.err
    assert "UTC" not in on_terminal.out + on_terminal.err


def test_what_a_request_says_is_not_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    whole(a_release(user_desc="since 2026-03-14 09:26 UTC"))
    assert "since 2026-03-14 09:26 UTC" in capsys.readouterr().out


def test_a_number_and_its_noun() -> None:
    assert [counted(number, "release") for number in (0, 1, 2)] == ["0 releases", "1 release", "2 releases"]
