"""The small mistakes that can be made in a Lua script, found line by line."""

import re
from collections.abc import Iterator

from tests.mutants.change import Change

#: What stands there, and what may stand there instead; `\1` is kept.
_SWAPS = (
    (r" == ", " ~= "),
    (r" ~= ", " == "),
    (r" > ", " >= "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" >= ", " > "),
    (r" and ", " or "),
    (r" or ", " and "),
    (r"\bnot ", ""),
    (r" - ", " + "),
    (r" \+ ", " - "),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"'ZADD'", "'ZREM'"),
    (r"'NX', ", ""),
)
_NUMBER = re.compile(r"(?<![\w.%'\[])\d+(?![\w.'])")
#: A statement that does something and gives nothing.
_STATEMENT = re.compile(
    r"^\s*(?=\S)((?:redis\.call|(?!unpack)[a-z_]+)\(.*\)|(?!local )[\w.\[\]# +]+ = .+|return .+|break)$"
)
_NO_CODE = re.compile(r"^\s*(--.*)?$")


def changes(path: str, source: bytes) -> list[Change]:
    """All that can be made in this script, in its order."""
    found, start = [], 0
    for line in source.splitlines(keepends=True):
        text = line.decode().rstrip("\n")
        if not _NO_CODE.match(text):
            for first, end, other in _mistakes(text):
                before, until = (start + len(text[:place].encode()) for place in (first, end))
                found.append(Change(path, before, until, other))
        start += len(line)
    return sorted(found)


def _mistakes(line: str) -> Iterator[tuple[int, int, str]]:
    for pattern, other in _SWAPS:
        yield from ((*hit.span(), other) for hit in re.finditer(pattern, line))
    for hit in _NUMBER.finditer(line):
        yield from ((*hit.span(), str(int(hit.group()) + by)) for by in (1, -1))
    statement = _STATEMENT.match(line)
    if statement:
        yield (*statement.span(1), "do end")
