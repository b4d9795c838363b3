"""What is printed for people: whole words on a narrow terminal, and everything once."""

from __future__ import annotations

import re
import sys

import pytest

from cli.lines import words
from cli.printing import Lines, complain, listing, notes, whole
from releases.states import Status
from tests.support.examples import NOW, a_problem, a_release

RID = "63e1-7c2f-11"
REMEDY = (
    "Register it in the platform's published pool of server domains, with `mprelease platform domains add`, "
    "and then resume the release: until that nothing is sent to WeChat for this Mini Program at all."
)


@pytest.fixture(params=["terminal", "pipe"])
def width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Columns that a line may have."""
    if request.param == "pipe":
        return 10_000
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")
    return 80


def test_what_others_wrote_is_no_picture(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    whole(a_release(user_desc=":bug: in the cart"))

    assert ":bug: in the cart" in capsys.readouterr().out


def test_no_word_is_broken(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    problem = a_problem(errcode=85018, errmsg=f"domain not registered rid: {RID}", rid=RID, remedy=REMEDY)
    blocked = a_release(status=Status.BLOCKED, block=problem, label="Bakery of the old town")
    blocked = blocked.changed(f"blocked: {REMEDY}", NOW)

    listing([blocked])
    whole(blocked)
    notes.print(REMEDY)
    complain(REMEDY, REMEDY)

    said = capsys.readouterr()
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in (said.out + said.err).splitlines()]
    words = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    assert words.count(REMEDY) == 6


def test_the_further_lines_of_a_text_stand_under_its_first_words(
    width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    notes.print(f"[red]{12:>7}[/]  {REMEDY}", hang=9)

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0].startswith("     12  Register it")
    assert (len(lines) == 1) is (width > 80)
    assert all(re.match(r" {9}\S", line) for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == f"12 {REMEDY}"


def test_a_rid_is_printed_once(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    problem = a_problem(errcode=85018, errmsg=f"domain not registered rid: {RID}", rid=RID)
    whole(a_release(status=Status.BLOCKED, block=problem))
    said = capsys.readouterr().out
    assert said.count(RID) == 1
    assert "domain not registered" in said


def test_the_label_is_listed(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    listing([a_release(label="茶店")])
    assert "茶店" in capsys.readouterr().out


def test_a_long_line_on_stdout_is_shown_in_whole_words_on_a_terminal_and_stays_one_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = "requestdomain    " + " ".join(
        f"https://api-{n}.shop-of-the-old-town.example.com" for n in range(9)
    )
    words(hosts)
    assert capsys.readouterr().out == f"{hosts}\n"

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    words(hosts)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).split() == hosts.split()


def test_a_narrow_terminal_indents_less_rather_than_breaking_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, url = "MPRELEASE_PLATFORM__APPSECRET", f"https://{'a' * 40}.example.com"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    for said in (f"fail     platform      set {name} and {name}", f"set {name} of {url} now"):
        Lines().print(said, hang=23)
        words(said)
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in capsys.readouterr().out.splitlines()]
        assert sum(line.count(name) for line in lines) == 2 * said.count(name)
        assert sum(line.startswith(" ") for line in lines) >= 2
