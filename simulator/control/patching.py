"""Patches that come in over the control side: each named field has a check, unknown names are refused."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Setter = Callable[[Any], object]

T = TypeVar("T")


class PatchError(Exception):
    """A control request that makes no sense; its text goes back to the caller with status 400."""


def patch(target: object, fields: Mapping[str, Any], setters: Mapping[str, Setter]) -> None:
    """Set the fields on the target, all of them or none."""
    for name, value in checked(fields, setters).items():
        setattr(target, name, value)


def checked(fields: Mapping[str, Any], setters: Mapping[str, Setter]) -> dict[str, Any]:
    """Give the fields as their setters take them, or refuse them all."""
    taken = {}
    for name, value in fields.items():
        if name not in setters:
            raise PatchError(f"unknown field {name!r}; known: {', '.join(sorted(setters))}")
        try:
            taken[name] = setters[name](value)
        except (TypeError, ValueError) as exc:
            raise PatchError(f"{name}: {exc}") from exc
    return taken


def flag(value: Any) -> bool:
    """Take a boolean and nothing that merely looks like one."""
    return _typed(value, bool)


def text(value: Any) -> str:
    """Take a string."""
    return _typed(value, str)


def integer(value: Any) -> int:
    """Take an integer that is no boolean."""
    if isinstance(value, bool):
        raise TypeError("expected int")
    return _typed(value, int)


def number(value: Any) -> float:
    """Take a number of seconds, milliseconds or the like."""
    return float(value)


def positive(value: Any) -> int:
    """Take an integer above 0."""
    if integer(value) < 1:
        raise ValueError("expected 1 or more")
    return integer(value)


def integers(value: Any) -> list[int]:
    """Take a list of integers."""
    return [integer(item) for item in _typed(value, list)]


def texts(value: Any) -> list[str]:
    """Take a list of strings."""
    return [text(item) for item in _typed(value, list)]


def hosts(value: Any) -> list[str]:
    """Take a list of bare host names."""
    return [item.lower() for item in texts(value)]


def objects(value: Any) -> list[dict[str, Any]]:
    """Take a list of objects."""
    return [_typed(item, dict) for item in _typed(value, list)]


def limits(value: Any) -> dict[str, int]:
    """Take a map from endpoint names to numbers of calls."""
    return {text(name): integer(count) for name, count in _typed(value, dict).items()}


def headers(value: Any) -> dict[str, str]:
    """Take HTTP headers by their names."""
    return {text(name): text(content) for name, content in _typed(value, dict).items()}


def one_of(*choices: str) -> Setter:
    """Make a setter that takes one of the choices."""

    def setter(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return text(value)

    return setter


def _typed(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value
