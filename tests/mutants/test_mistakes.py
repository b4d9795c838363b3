"""The mistakes that are made: each is code, says something else than before, and is made where it is shown."""

import ast
import random
from functools import cache

import pytest

from tests.mutants import lua, python
from tests.mutants.change import Change
from tests.mutants.checkout import ROOT, all_changes, holes, mapping


@cache
def everything() -> list[Change]:
    """Of the whole house; made when a test needs it, for each process collects these tests."""
    return all_changes(ROOT)


def made(changes: list[Change], source: bytes) -> set[str]:
    return {change.made_in(source).decode() for change in changes}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a < b", {"(a <= b)"}),
        ("a and b", {"(a or b)"}),
        ("not a", {"(a)"}),
        ("a - b", {"(a + b)"}),
        ("f(x=7)", {"f(x=8)", "f(x=6)", "pass"}),
        ("x = True", {"x = False"}),
        ("x = ('a', 'b')", {"x = (('b',))", "x = (('a',))"}),
        ("x = {'a': b, 'c': d}", {"x = ({'c': d})", "x = ({'a': b})"}),
        ("if a:\n    b()", {"if (not a):\n    b()", "if a:\n    pass"}),
        ("[a for a in b if c]", {"[a for a in b if True]"}),
        ("x = a if b else c", {"x = (c if b else a)"}),
        ("a.b = c", {"pass"}),
        ("raise a", {"pass"}),
        ("x = min(a, b)", {"x = max(a, b)"}),
        ('"""Text."""\nlog.info("x", 1)\nx: int = a\ny = f"{b + 1}"', set()),
    ],
)
def test_mistakes_in_python(before: str, after: set[str]) -> None:
    assert made(python.changes("x.py", before.encode()), before.encode()) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if a == b then", {"if a ~= b then"}),
        ("  redis.call('DEL', key)", {"  do end"}),
        ("  place(a, b)", {"  do end"}),
        ("x = math.min(x, a - b)", {"x = math.max(x, a - b)", "x = math.min(x, a + b)", "do end"}),
        ("local x = y or z", {"local x = y and z"}),
        ("return 1", {"return 2", "return 0", "do end"}),
        ("-- a < b", set()),
    ],
)
def test_mistakes_in_lua(before: str, after: set[str]) -> None:
    assert made(lua.changes("x.lua", before.encode()), before.encode()) == after


@pytest.mark.long
def test_every_mistake_is_python_and_another_program_than_before() -> None:
    for change in random.Random(1).sample([one for one in everything() if one.path.endswith(".py")], 300):
        source = (ROOT / change.path).read_bytes()
        assert ast.dump(ast.parse(change.made_in(source))) != ast.dump(ast.parse(source)), change.shown(
            source
        )


def test_a_mistake_is_shown_with_its_line() -> None:
    source = "a = 1\nß = b < c\nd = 2\n".encode()
    (change,) = [one for one in python.changes("x.py", source) if b"<" in source[one.start : one.end]]
    assert change.shown(source) == "x.py:2\n- ß = b < c\n+ ß = (b <= c)"


def test_there_are_mistakes_in_every_file_and_every_test_is_there() -> None:
    with_mistakes = {change.path for change in everything()}
    for pattern, tests in mapping():
        assert any(str(path.relative_to(ROOT)) in with_mistakes for path in ROOT.glob(pattern)), pattern
        assert [test for test in tests if not (ROOT / test).exists()] == []


def test_every_hole_of_before_can_still_be_made() -> None:
    assert len(holes(ROOT)) > 20
