"""Read a file of requests: JSON lines, or CSV; one bad line refuses the whole file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.errors import InvalidRequest, ReleaseConflict
from tasks.request import ReleaseRequest, parse_request


@dataclass(frozen=True, slots=True)
class Line:
    """A request and the line it stands on."""

    number: int
    request: ReleaseRequest


class BadFile(ValueError):
    """A file that is refused: one problem for each bad line, each with line and field."""

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems


class ConflictingFile(BadFile):
    """A file whose lines are right and contradict releases that are there."""

    exit_code = 1


#: Reads the lines of a file, with their numbers: the fields of each, or what is wrong with it.
Reader = Callable[[bytes], Iterator[tuple[int, "dict[str, Any] | InvalidRequest"]]]


def json_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Each line that is not blank, with its number: an object, or what is wrong with it."""
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield number, _object(line)


def read_requests(raw: bytes, common: Mapping[str, Any], read: Reader = json_lines) -> list[Line]:
    """Check every line, with the common fields where it has none; raises BadFile naming all that are wrong."""
    lines: list[Line] = []
    problems: list[str] = []
    for number, fields in read(raw):
        try:
            if isinstance(fields, InvalidRequest):
                raise fields
            lines.append(Line(number, parse_request({**common, **fields})))
        except InvalidRequest as error:
            problems.append(f"line {number}: {error}")
    problems += _contradictions(lines)
    if not problems and not lines:
        problems = ["no line holds a request; write one JSON object to a line, or CSV with a line of names"]
    if problems:
        raise BadFile(problems)
    return lines


def conflicting(lines: Sequence[Line], conflicts: Mapping[int, ReleaseConflict]) -> ConflictingFile:
    """What to raise for requests that contradict releases which are there, by their position in the file."""
    return ConflictingFile(
        [f"line {lines[position].number}: appid: {conflict}" for position, conflict in conflicts.items()]
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


def _contradictions(lines: Sequence[Line]) -> Iterator[str]:
    first: dict[str, Line] = {}
    for line in lines:
        earlier = first.setdefault(line.request.appid, line)
        if earlier.request != line.request:
            yield (
                f"line {line.number}: appid: {line.request.appid} stands on line {earlier.number} already, with "
                "another request; a Mini Program takes one release at a time"
            )
