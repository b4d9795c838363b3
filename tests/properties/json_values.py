"""Any JSON, and near misses: JSON that was right before a few things in it were changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Json = Any

#: Texts on which programs have stumbled before: half of a surrogate pair, NUL, a mark of byte order, other digits.
ODD_TEXTS = (
    "",
    " ",
    "\ud800",
    "a\udfffb",
    "\x00",
    "\ufeff",
    "\u202e",
    "\u0661",
    "\n",
    "null",
    "NaN",
    "-1",
    "1e999",
    "%s{0}",
    "💥" * 70,
    "x" * 5000,
)
ODD_NUMBERS = (
    0,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    -(2**63) - 1,
    10**400,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
)
#: Deep enough for every recursion of ours, not for the parser's own.
_DEEP = 300


def _nested(depth: int, kind: type) -> Json:
    value: Json = []
    for _ in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


texts = st.text(st.characters(), max_size=20) | st.sampled_from(ODD_TEXTS)
numbers = st.integers() | st.floats() | st.sampled_from(ODD_NUMBERS)
scalars = st.none() | st.booleans() | numbers | texts
_deep = st.builds(_nested, st.sampled_from((49, 50, 51, _DEEP)), st.sampled_from((list, dict)))
any_json: st.SearchStrategy[Json] = (
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=8,
    )
    | _deep
)
any_object: st.SearchStrategy[dict[str, Json]] = st.dictionaries(texts, any_json, max_size=5)

#: A place in a JSON value: the container that it is in, and its name or number there.
_Place = tuple[Any, Any]


def _places(value: Json) -> list[_Place]:
    names: list[Any] = []
    if isinstance(value, dict):
        names = list(value)
    elif isinstance(value, list):
        names = list(range(len(value)))
    return [place for name in names for place in [(value, name), *_places(value[name])]]


@st.composite
def near_misses(draw: st.DrawFn, right: st.SearchStrategy[Json], at_most: int = 3) -> Json:
    """What is right, with one to `at_most` changes at any depth."""
    value = copy.deepcopy(draw(right))
    for _ in range(draw(st.integers(1, at_most))):
        places = _places(value)
        if places:
            draw(st.sampled_from(_CHANGES))(draw, *draw(st.sampled_from(places)))
    return value


def _replace(draw: st.DrawFn, container: Any, name: Any) -> None:
    container[name] = draw(any_json)


def _drop(_: st.DrawFn, container: Any, name: Any) -> None:
    del container[name]


def _distort(draw: st.DrawFn, container: Any, name: Any) -> None:
    """Another form of the same: as text, as number, in a list, negated, cut, with an odd character in it."""
    value = container[name]
    forms: list[Json] = [str(value)[:100], [value], {"value": value}, not value, None]
    if isinstance(value, str):
        cut = draw(st.integers(0, len(value)))
        forms += [value[:cut], value[:cut] + draw(texts) + value[cut:], value.upper(), value * 60, len(value)]
    if isinstance(value, int | float):
        forms += [-value, value + 0.5 if abs(value) < 1e300 else value, *ODD_NUMBERS]
    if isinstance(value, list) and value:
        forms += [value * 2, value[0]]
    container[name] = copy.deepcopy(draw(st.sampled_from(forms)))


def _add(draw: st.DrawFn, container: Any, name: Any) -> None:
    if isinstance(container, dict):
        container[draw(texts)] = draw(any_json)
    else:
        container.insert(name, draw(any_json))


def _misspell(draw: st.DrawFn, container: Any, name: Any) -> None:
    if isinstance(container, dict):
        container[draw(st.sampled_from((f"{name}s", name[:-1], name.upper(), f" {name}")))] = container.pop(
            name
        )
    else:
        del container[name]


_CHANGES: tuple[Callable[[st.DrawFn, Any, Any], None], ...] = (
    _replace,
    _drop,
    _distort,
    _distort,
    _add,
    _misspell,
)
