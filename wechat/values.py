"""Values as WeChat's answers have them: a number may come as a text, a time in parts of a second, a text as null."""

from __future__ import annotations

import math
import re
from typing import Any

#: A float below this is exact.
_EXACT = 2**53
#: A time that is larger than this is one in parts of a second; in seconds it is in the year 5138.
_LAST_S = 1e11

_INTEGER = re.compile(r"\s*-?[0-9]{1,19}\s*")


def integer(value: Any) -> int | None:
    """An integer that may come as a string, or as 12.0 where that is exact: a float loses a 64-bit id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def number(value: Any) -> float:
    """A number that may come as a string; 0 for anything else, such as NaN and Infinity."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return found if math.isfinite(found) else 0.0


def time_s(value: Any) -> float:
    """A time in seconds since the epoch, be it in seconds or in thousandths, millionths; 0 where there is none."""
    seconds = max(number(value), 0.0)
    while seconds > _LAST_S:
        seconds /= 1000
    return seconds


def text(value: Any) -> str:
    """A text, or a number that was meant as one; a null is absent, not `None`."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
