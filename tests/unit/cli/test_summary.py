from __future__ import annotations

import pytest

from cli.printing import MOST_LISTED, tell
from releases.record import Release
from tests.support.examples import a_release


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
