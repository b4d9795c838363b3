"""Files: a list of what stands in them, or one problem for each bad line, with a line number that exists."""

from __future__ import annotations

import json
import re
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from cli import printing as output
from cli.commands.credentials import issued as credentials
from cli.request_files import BadFile, read_requests
from tests.properties.cases import Cases
from tests.properties.json_values import any_json, near_misses
from tests.properties.right import APPID, requests

TOKEN = "refreshtoken@@@of-the-merchant"
_ODD_LINES = st.sampled_from(
    (
        b"",
        b" \t",
        b"\xef\xbb\xbf",
        b"\xff\xfe{\x00}\x00",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
    )
)
_ENDS = st.sampled_from((b"\n", b"\r\n", b"\r", b"\n\n", b"\xe2\x80\xa8", b"\x0b"))


def as_line(value: Any, *, ascii_only: bool) -> bytes:
    return json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")


@st.composite
def torn(draw: st.DrawFn, lines: st.SearchStrategy[bytes]) -> bytes:
    """A line with bytes of it changed, cut out or put in."""
    line = draw(lines)
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(st.binary(max_size=4)) + line[at + draw(st.integers(0, 4)) :]


def files(right: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Whole files: right lines, near misses, torn ones and rubbish, with any line ends and marks of byte order."""
    values = right | near_misses(right) | any_json
    lines = st.builds(as_line, values, ascii_only=st.booleans())
    pieces = st.lists(st.tuples(lines | torn(lines) | _ODD_LINES | st.binary(max_size=40), _ENDS), max_size=5)
    whole = st.builds(lambda mark, parts: mark + b"".join(map(b"".join, parts)), _MARKS, pieces)
    return whole | whole.map(lambda raw: raw.decode("latin-1").encode("utf-16")) | st.binary()


_MARKS = st.sampled_from((b"", b"", b"\xef\xbb\xbf", b"\xff\xfe"))


def lines_exist(problems: list[str], raw: bytes) -> None:
    assert problems
    for problem in problems:
        found = re.match(
            r"lines? ([0-9]+)(?:, [0-9]+)*(?: and [0-9]+ more)?: \s*\S", problem
        )  # a field may have a blank for a name
        assert found or problem.startswith("no line holds"), problem
        assert found is None or 1 <= int(found[1]) <= raw.count(b"\n") + 1
        problem.encode()


@given(raw=files(requests), common=st.just({}) | near_misses(requests))
def test_any_file_of_requests_is_read_or_refused_with_its_bad_lines(
    cases: Cases, raw: bytes, common: dict[str, Any]
) -> None:
    try:
        lines = read_requests(raw, common)
    except BadFile as refused:
        lines_exist(refused.problems, raw)
    else:
        numbers = [line.number for line in lines]
        assert numbers
        assert numbers == sorted(set(numbers))
        assert numbers[-1] <= raw.count(b"\n") + 1
    cases.add()


@given(raw=files(st.just({"appid": APPID, "refresh_token": TOKEN})))
def test_any_file_of_refresh_tokens_is_read_or_refused_without_showing_one(cases: Cases, raw: bytes) -> None:
    said = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", TextIOWrapper(BytesIO(raw)))
        patch.setattr(output.notes, "_file", said)  # the property would remember what it is now
        try:
            tokens = credentials._from_file(Path("-"))
        except typer.Exit as refused:
            assert refused.exit_code == 2
            first, *problems = said.getvalue().splitlines()
            assert first == "Nothing was stored:"
            lines_exist([problem.removeprefix("  ") for problem in problems], raw)
            assert TOKEN not in said.getvalue()
        else:
            assert tokens
            assert all(re.fullmatch("wx[0-9A-Za-z]{16}", appid) for appid in tokens)
            for token in tokens.values():
                # It goes into a URL's query and into Redis.
                assert token.encode().strip()
    cases.add()
