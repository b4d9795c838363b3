"""Read requests from CSV: the first line names the fields, each further one is a request."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from releases.errors import InvalidRequest
from releases.request import RIGHT


def csv_lines(raw: bytes) -> Iterator[tuple[int, dict[str, Any] | InvalidRequest]]:
    """Each row that is not blank, with the number of the line it ends on: its fields, or what is wrong with it.

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
