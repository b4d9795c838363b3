from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cli.printing import MOST_LISTED, detail, tell
from releases.record import Problem, Release
from releases.states import Status
from tests.support.examples import NOW, a_problem, a_release


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rich takes whatever there is for one."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")


def releases(number: int, wave: str | None = "w") -> list[Release]:
    return [a_release(id=f"{wave}-{serial}", wave=wave) for serial in range(number)]


def word(release: Release) -> str:
    return "old" if release.id.endswith("-0") else "new"


def test_a_few_are_listed(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    tell(releases(MOST_LISTED), word, go_on=True)

    said = capsys.readouterr()
    assert "w-19" in said.out
    assert said.err == ""


def test_many_are_listed_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    tell(releases(MOST_LISTED + 1), word, go_on=True)

    said = capsys.readouterr()
    assert len(said.out.splitlines()) == MOST_LISTED + 1
    assert said.err == ""


def test_many_are_counted_by_wave_and_word_each_once(
    terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    many = releases(40, "big one") + releases(2) + releases(1, None)

    tell(many + many, word, go_on=True)

    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "wave big one: 1 old, 39 new",
        "wave w: 1 old, 1 new",
        "without a wave: 1 old",
    ]
    assert said.err == "To follow them: mprelease wave NAME --watch\n"


@pytest.mark.parametrize(
    ("wave", "command"), [("big one", "mprelease wave 'big one' --watch"), (None, "mprelease list")]
)
def test_the_command_that_follows_them_can_be_typed_as_it_stands(
    terminal: None, capsys: pytest.CaptureFixture[str], wave: str | None, command: str
) -> None:
    tell(releases(40, wave), word, go_on=True)
    assert capsys.readouterr().err == f"To follow them: {command}\n"

    tell(releases(40, wave), word)
    assert capsys.readouterr().err == ""


def test_many_waves_are_counted_themselves(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    tell([release for number in range(22) for release in releases(1, f"w{number}")], word)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 2 more waves"


@pytest.mark.parametrize(
    ("problem", "command"),
    [
        (
            a_problem(errcode=85018, remedy="Register it, then resume the release."),
            "Next: mprelease resume 7",
        ),
        (a_problem(errcode=85014, remedy="Cancel this release."), "Next: mprelease cancel 7"),
        (a_problem(remedy="This is a bug."), "Next: mprelease resume 7"),
        (a_problem(remedy="Register them, then `mprelease resume --wave w`."), "resume --wave w`."),
    ],
)
@pytest.mark.parametrize("status", [Status.BLOCKED, Status.FAILED])
def test_one_that_needs_a_person_is_listed_with_what_to_type_next(
    status: Status, problem: Problem, command: str
) -> None:
    stopped: dict[str, Any] = {"block" if status is Status.BLOCKED else "failure": problem}

    assert detail(a_release(id="7", status=status, **stopped)).endswith(command)


def test_one_that_goes_on_by_itself_is_listed_with_when() -> None:
    waits = a_release(status=Status.WAITING, wait=a_problem(), next_attempt_at=NOW)

    assert "mprelease" not in detail(waits)
    assert detail(waits, NOW - timedelta(seconds=1)).endswith("(next try 2026-03-14 09:26:53 UTC)")


def test_one_whose_time_has_passed_waits_for_a_worker_and_names_no_time() -> None:
    waits = a_release(status=Status.WAITING, wait=a_problem(), next_attempt_at=NOW)

    assert detail(waits).endswith("(due, waiting for a worker)")
    assert "next try" not in detail(waits)
