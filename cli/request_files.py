"""Read a file of requests: JSON lines, or CSV; one bad line refuses the whole file."""

from __future__ import annotations

import csv
import io
import json
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.lines import counted
from releases.errors import InvalidRequest, ReleaseConflict
from releases.intake.many import contradictions
from releases.request import RIGHT, ReleaseRequest, encodable, parse_request


@dataclass(frozen=True, slots=True)
class Line:
    """A request and the line it stands on."""

    number: int
    request: ReleaseRequest


class BadFile(ValueError):
    """A file that is refused: each problem once, with its lines and the field."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems


class ConflictingFile(BadFile):
    """A file whose lines are right and contradict releases that are there."""

    exit_code = 1


#: Lines that are named for one problem; the others are counted.
_NAMED_LINES = 3
#: How a table program writes what we read; the names are Excel's, and WPS has the same.
_SAVE_AS_UTF8 = 'save it as "CSV UTF-8 (comma delimited)" in Excel, or as UTF-8 in an editor'
#: What a file begins with that is no text: workbooks, old and new, and UTF-16 with its mark.
_NO_TEXT = {
    b"PK\x03\x04": f"is an Excel workbook, or another zip file; {_SAVE_AS_UTF8}",
    b"\xd0\xcf\x11\xe0": f"is an Excel workbook; {_SAVE_AS_UTF8}",
    b"\xff\xfe": f"is UTF-16; {_SAVE_AS_UTF8}",
    b"\xfe\xff": f"is UTF-16; {_SAVE_AS_UTF8}",
}
_UTF8_MARK = b"\xef\xbb\xbf"
#: What stands between the fields where it is no comma.
_OTHER_SEPARATORS = {
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    "\uff0c": "full-width commas",
    "\uff1b": "full-width semicolons",
}
#: Reads the lines of a file, with their numbers: the fields of each, or what is wrong with it.
Reader = Callable[[bytes], Iterator[tuple[int, "dict[str, Any] | InvalidRequest"]]]


def json_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Each line that is not blank, with its number: an object, or what is wrong with it."""
    problem = _no_text(raw)
    if problem is not None:
        yield 1, problem
        return
    for number, line in enumerate(raw.removeprefix(_UTF8_MARK).split(b"\n"), start=1):
        if line.strip():
            yield number, _object(line)


def read_json(raw: bytes | str) -> Any:
    """Read one JSON value; raises ValueError, also for an object that has a name twice, of which JSON keeps the last."""
    return json.loads(raw, object_pairs_hook=_each_name_once)


def whole_number(text: str) -> int:
    """Read digits, and nothing else that Python takes for a number, such as `1_2` and full-width digits; raises ValueError."""
    if not re.fullmatch("[0-9]{1,19}", text.strip(" ")):
        raise ValueError(text)
    return int(text)


def csv_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Read CSV, whose first line names the fields: each row that is not blank, with the number of the line it ends on: its fields, or what is wrong with it.

    An empty cell is a field that is left out. `ext`, `audit` and `domains` are JSON.
    """
    problem = _no_text(raw)
    if problem is not None:
        yield 1, problem
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # As Chinese systems save "CSV": which of GBK's relatives it is does not matter.
        yield raw.count(b"\n", 0, error.start) + 1, InvalidRequest("line", f"is no UTF-8; {_SAVE_AS_UTF8}")
        return
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [cell.strip() for cell in row]
                wrong = _wrong_names(names)
                if wrong is not None:
                    yield rows.line_num, wrong
                    return
            else:
                yield rows.line_num, _fields(names, row)
    except csv.Error as error:
        yield rows.line_num, InvalidRequest("line", f"is no CSV ({error})")


def _fields(names: list[str], row: list[str]) -> dict[str, Any] | InvalidRequest:
    if len(row) != len(names):
        return InvalidRequest(
            "line", f"has {counted(len(row), 'cell')}; the first line names {counted(len(names), 'field')}"
        )
    fields: dict[str, Any] = {}
    for column, (name, cell) in enumerate(zip(names, row, strict=True), start=1):
        if not cell.strip():
            continue
        if not name:
            return InvalidRequest("line", f"column {column} has no name in the first line")
        try:
            fields[name] = _READ.get(name, str)(cell)
        except _Twice as error:
            return InvalidRequest(name, str(error))
        except (ValueError, RecursionError):
            return InvalidRequest(name, f"can't be read; must be {RIGHT[name]}")
    return fields


def _wrong_names(names: Sequence[str]) -> InvalidRequest | None:
    """What is wrong with the line of names, if anything is: then no line below it can be trusted."""
    if names[0].lower().startswith("sep="):
        return InvalidRequest("line", "is for Excel alone; remove it, and separate by commas")
    for sign, called in _OTHER_SEPARATORS.items():
        if any(sign in name for name in names):
            return InvalidRequest("line", f"its fields are separated by {called}; separate by commas")
    twice = [name for name, times in Counter(filter(None, names)).items() if times > 1]
    if twice:
        return InvalidRequest("line", f"names {', '.join(twice)} twice; each column needs a name of its own")
    return None


def _no_text(raw: bytes) -> InvalidRequest | None:
    for mark, problem in _NO_TEXT.items():
        if raw.startswith(mark):
            return InvalidRequest("line", problem)
    # UTF-16 without its mark; a NUL is no part of any text of ours.
    return InvalidRequest("line", f"is UTF-16, or no text; {_SAVE_AS_UTF8}") if b"\0" in raw[:200] else None


class _Twice(ValueError):
    """An object has a name twice."""


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        shown = encodable(reprlib.repr(name))
        raise _Twice(f"has the name {shown} twice in one object; remove one of the two")
    return found


def _boolean(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(word)
    return word == "true"


_READ: dict[str, Callable[[str], Any]] = {
    "template_id": whole_number,
    **dict.fromkeys(("ext", "audit", "domains"), read_json),
    **dict.fromkeys(("supersede", "withdraw", "again", "urgent"), _boolean),
}


def read_requests(raw: bytes, common: Mapping[str, Any], read: Reader = json_lines) -> list[Line]:
    """Check every line, with the common fields where it has none; raises BadFile naming all that are wrong."""
    lines: list[Line] = []
    found: list[tuple[int, str]] = []
    for number, fields in read(raw):
        try:
            if isinstance(fields, InvalidRequest):
                raise fields
            lines.append(Line(number, parse_request({**common, **fields})))
        except InvalidRequest as error:
            found.append((number, error.problem if error.field == "line" else str(error)))
    problems = _each_once([*found, *_contradictions(lines)])
    if not problems and not lines:
        problems = ["no line holds a request; write one JSON object to a line, or CSV with a line of names"]
    if problems:
        raise BadFile(problems)
    return lines


def conflicting(lines: Sequence[Line], conflicts: Mapping[int, ReleaseConflict]) -> ConflictingFile:
    """What to raise for requests that contradict releases which are there, by their position in the file."""
    return ConflictingFile(
        _each_once((lines[position].number, f"appid: {conflict}") for position, conflict in conflicts.items())
    )


def _each_once(found: Iterable[tuple[int, str]]) -> list[str]:
    """What is missing on all of ten thousand lines is one problem, and must not hide another."""
    lines: dict[str, list[int]] = {}
    for number, problem in found:
        lines.setdefault(problem, []).append(number)
    return [f"{_named(numbers)}: {problem}" for problem, numbers in lines.items()]


def _named(numbers: Sequence[int]) -> str:
    word = "line" if len(numbers) == 1 else "lines"
    hidden = len(numbers) - _NAMED_LINES
    return (
        f"{word} {', '.join(map(str, numbers[:_NAMED_LINES]))}{f' and {hidden} more' if hidden > 0 else ''}"
    )


def _object(line: bytes) -> dict[str, Any] | InvalidRequest:
    try:
        value = read_json(line)
    except UnicodeDecodeError:
        return InvalidRequest("line", f"is no UTF-8; {_SAVE_AS_UTF8}")
    except _Twice as error:
        return InvalidRequest("line", str(error))
    except RecursionError:
        return InvalidRequest("line", "is nested too deeply")
    except ValueError as error:
        return InvalidRequest(
            "line", f"is no JSON ({error}); must be one object on one line (CSV: in a file named *.csv)"
        )
    if not isinstance(value, dict):
        return InvalidRequest("line", 'must be one JSON object, such as {"appid": "wx0123456789abcdef", …}')
    return value


def _contradictions(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    for position, earlier in contradictions([line.request for line in lines]):
        line = lines[position]
        problem = (
            f"appid: {line.request.appid} stands on line {lines[earlier].number} already, with another request; "
            "a Mini Program takes one release at a time"
        )
        yield line.number, problem
