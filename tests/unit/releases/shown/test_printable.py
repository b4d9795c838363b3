"""What others wrote does not act on a terminal, whoever prints it, and is no line of its own."""

import json
import logging
import sys
import unicodedata
from functools import cache

import pytest

from cli.lines import document, line
from cli.printing import complain, listing, notes, whole
from releases.record import Event
from releases.shown.printable import json_line, one_line
from releases.states import Status
from tests.support.examples import NOW, a_problem, a_release
from worker.logs.lines import LineFormatter

#: A colour, a title, a key of C1, the bell, DEL; lines of their own; text that runs backwards; half of a pair.
EVIL = "bad\x1b[31mred\x1b]0;title\x07\x9b2J\x7f\r\n2026 forged\x85forged\u2028forged\u202eturned\u2066\u200f\ud800end"
_MAY_NOT = ("Cc", "Cs", "Zl", "Zp")
_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@cache
def unsafe() -> list[str]:
    """Of all signs those that a terminal or a pipe takes for anything but text; a million are looked at for it."""
    every = map(chr, range(sys.maxunicode + 1))
    return [sign for sign in every if unicodedata.category(sign) in _MAY_NOT or sign in _DIRECTIONS]


def is_safe(text: str) -> bool:
    """Whether nothing but line feeds is in it that a terminal or a pipe takes for anything but text."""
    return not set(text) & (set(unsafe()) - {"\n"})


def test_nothing_of_it_stays() -> None:
    assert len(unsafe()) > 2100
    assert one_line("".join(unsafe())).strip() == ""
    assert is_safe(one_line(EVIL))
    assert "\n" not in one_line(EVIL)
    assert "red" in one_line(EVIL)


def test_what_scripts_and_emoji_need_stays() -> None:
    text = "店铺 Ünï \u0645\u06cc\u200c\u062e 👨\u200d👩 \\x1b %s [bold]"
    assert one_line(text) == text
    assert json.loads(json_line(text)) == text
    assert "店铺" in json_line(text)


def test_json_says_the_same_in_escapes() -> None:
    for text in (EVIL, ".".join(unsafe()), "\U000e0041"):
        written = json_line({text: [text]})
        assert is_safe(written)
        assert "\n" not in written
        assert json.loads(written) == {text: [text]}


def test_a_listed_release_is_one_line_and_a_shown_one_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    problem = a_problem(errmsg=EVIL, rid=EVIL, remedy=EVIL, domains={"requestdomain": [EVIL]})
    release = a_release(
        user_version=EVIL,
        user_desc=EVIL,
        wave=EVIL,
        status=Status.BLOCKED,
        block=problem,
        ext={EVIL: EVIL},
        history=(Event(time=NOW, step=None, what=EVIL),),
    )
    listing([release])
    listed = capsys.readouterr().out
    assert is_safe(listed)
    assert listed.count("\n") == 1
    whole(release)
    shown = capsys.readouterr().out
    assert is_safe(shown)
    assert not any(one.startswith(("2026", "forged")) for one in shown.splitlines())
    document(release.public())
    written = capsys.readouterr().out
    assert is_safe(written)
    assert json.loads(written)["block"]["errmsg"] == EVIL


def test_notes_complaints_and_lines_are_safe(capsys: pytest.CaptureFixture[str]) -> None:
    notes.print(EVIL, markup=False)
    complain(EVIL, EVIL)
    line(EVIL)
    captured = capsys.readouterr()
    assert is_safe(captured.out + captured.err)
    assert (captured.out.count("\n"), captured.err.count("\n")) == (1, 3)


def fail() -> None:
    raise ValueError(EVIL)


class _Speaking:
    def __repr__(self) -> str:
        return EVIL


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_a_log_line_is_one_line_whatever_is_in_it(as_json: bool) -> None:
    record = logging.LogRecord("wechat", logging.INFO, "x.py", 1, "said %s", (EVIL,), None)
    vars(record).update(errmsg=EVIL, error=_Speaking(), inner={"a": [EVIL]})
    written = LineFormatter(as_json=as_json).format(record)
    assert is_safe(written)
    assert "\n" not in written


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_in_a_traceback_no_line_looks_like_one_of_the_log(as_json: bool) -> None:
    record = logging.LogRecord("wechat", logging.ERROR, "x.py", 1, "failed", (), None)
    try:
        fail()
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *others = LineFormatter(as_json=as_json).format(record).split("\n")
    record.exc_info = None
    assert is_safe(first)
    assert all(is_safe(other) and other.startswith("  ") for other in others)
