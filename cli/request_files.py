"""Read a file of requests: JSON lines, or CSV; one bad line refuses the whole file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from releases.errors import InvalidRequest, ReleaseConflict
from releases.request import RIGHT, ReleaseRequest, parse_request


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
#: Reads the lines of a file, with their numbers: the fields of each, or what is wrong with it.
Reader = Callable[[bytes], Iterator[tuple[int, "dict[str, Any] | InvalidRequest"]]]


def json_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Each line that is not blank, with its number: an object, or what is wrong with it."""
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield number, _object(line)


def csv_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Read CSV, whose first line names the fields: each row that is not blank, with the number of the line it ends on: its fields, or what is wrong with it.

    An empty cell is a field that is left out. `ext`, `audit` and `domains` are JSON.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield raw.count(b"\n", 0, error.start) + 1, InvalidRequest("line", "is no UTF-8")
        return
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if names is None:
                names = [cell.strip() for cell in row]
            else:
                yield rows.line_num, _fields(names, row)
    except csv.Error as error:
        yield rows.line_num, InvalidRequest("line", f"is no CSV ({error})")


def _fields(names: list[str], row: list[str]) -> dict[str, Any] | InvalidRequest:
    if len(row) != len(names):
        return InvalidRequest("line", f"has {len(row)} cells; the first line names {len(names)} fields")
    fields: dict[str, Any] = {}
    for name, cell in zip(names, row, strict=True):
        if not cell.strip():
            continue
        try:
            fields[name] = _READ.get(name, str)(cell)
        except (ValueError, RecursionError):
            return InvalidRequest(name, f"can't be read; must be {RIGHT[name]}")
    return fields


def _boolean(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in ("true", "false"):
        raise ValueError(word)
    return word == "true"


_READ: dict[str, Callable[[str], Any]] = {
    "template_id": int,
    **dict.fromkeys(("ext", "audit", "domains"), json.loads),
    **dict.fromkeys(("supersede", "again", "urgent"), _boolean),
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
            found.append((number, str(error)))
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
        value = json.loads(line)
    except UnicodeDecodeError:
        return InvalidRequest("line", "is no UTF-8")
    except RecursionError:
        return InvalidRequest("line", "is nested too deeply")
    except ValueError as error:
        return InvalidRequest("line", f"is no JSON ({error}); must be one object on one line")
    if not isinstance(value, dict):
        return InvalidRequest("line", 'must be one JSON object, such as {"appid": "wx0123456789abcdef", …}')
    return value


def _contradictions(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    first: dict[str, Line] = {}
    for line in lines:
        earlier = first.setdefault(line.request.appid, line)
        if earlier.request != line.request:
            problem = (
                f"appid: {line.request.appid} stands on line {earlier.number} already, with another request; "
                "a Mini Program takes one release at a time"
            )
            yield line.number, problem
