"""What is printed on stdout for programs, for grep, and for people: one line each, and nothing that a terminal obeys."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from datetime import datetime
from typing import Any

from worker.logs.printable import json_line, one_line

#: Columns by which the further lines of one text are indented.
_INDENT = 8


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
    width = shutil.get_terminal_size().columns
    for part in textwrap.wrap(
        one_line(text),
        width,
        subsequent_indent=" " * min(_INDENT, width // 2),
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]:
        sys.stdout.write(part + "\n")


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
