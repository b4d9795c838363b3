"""What is printed on stdout for programs, for grep, and for people: one line each, and nothing that a terminal obeys."""

from __future__ import annotations

import re
import shutil
import sys
from datetime import datetime
from itertools import pairwise
from typing import Any
from unicodedata import combining, east_asian_width

from releases.shown.printable import json_line, one_line

#: Columns by which the further lines of one text are indented.
_INDENT = 8
#: What may begin a line: a word between blanks, or one character of those that are written without, with the marks that no
#: line begins with, or ends with.
_WORD = r"\s+|[（“]*(?:[^\s\u2e80-\u9fff\uff00-\uffef]+|\S)[）”、。，；：]*"


def document(value: Any) -> None:
    """Print one JSON document on a line of its own."""
    sys.stdout.write(json_line(value) + "\n")
    sys.stdout.flush()


def line(text: str) -> None:
    """Print a line on stdout that is neither wrapped nor coloured, for people and for grep."""
    sys.stdout.write(one_line(text) + "\n")


def words(text: str) -> None:
    """Print a line on stdout; a terminal that is too narrow for it shows it in whole words, further lines indented."""
    if not sys.stdout.isatty():
        line(text)
        return
    width, text = shutil.get_terminal_size().columns, one_line(text)
    indent = indent_of(text, width, _INDENT)
    starts = [0, *line_starts(text, width, indent)]
    for start, end in pairwise([*starts, len(text)]):
        sys.stdout.write(" " * (indent if start else 0) + text[start:end].rstrip() + "\n")


def line_starts(text: str, width: int, indent: int = 0) -> list[int]:
    """Where its further lines begin on a terminal with so many columns, of which these lose some; words stay whole."""
    starts: list[int] = []
    used, has_word = 0, False
    for word in re.finditer(_WORD, text):  # compiled here, as most starts need it not
        cells, is_word = _cells(word[0]), not word[0].isspace()
        if is_word and has_word and used + cells > width:
            starts.append(word.start())
            used = indent
        used, has_word = used + cells, has_word or is_word
    return starts


def indent_of(text: str, width: int, wanted: int) -> int:
    """By how many columns its further lines are indented: less than wanted where a word would be broken for it."""
    longest = max((cells for word in re.findall(_WORD, text) if (cells := _cells(word)) <= width), default=0)
    return min(wanted, width // 2, width - longest)


def _cells(text: str) -> int:
    """The columns that it takes on a terminal: a Chinese character takes two."""
    return sum(0 if combining(each) else 1 + (east_asian_width(each) in "WF") for each in text)


def counted(number: int, one: str, many: str = "") -> str:
    """A number and what it counts, such as `1 release`; the plural where `s` does not make it."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


#: How times are written in texts of ours, to a second or a minute, and in JSON.
_UTC = re.compile(r"\b(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(?:\.\d+)?(?: UTC\b|Z\b|\+00:00)")


def in_local_time(text: str) -> str:
    """The text, with the times that it has in UTC as a person here reads them: local, with the offset from UTC."""
    return _UTC.sub(_local, text)


def _local(found: re.Match[str]) -> str:
    day, minute, second = found.groups()
    try:
        time = datetime.fromisoformat(f"{day}T{minute}{second or ':00'}+00:00").astimezone()
    except (ValueError, OverflowError):  # no date, whoever wrote it
        return found[0]
    offset = f"{time:%z}"
    return f"{time:%Y-%m-%d %H:%M}{f':{time:%S}' if second else ''} {offset[:3]}:{offset[3:5]}"
