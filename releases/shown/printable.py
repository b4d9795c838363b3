"""Text that others wrote, such as WeChat's errmsg, made safe for a terminal, a pipe and a log.

A terminal obeys escape sequences, a line break in a pipe is a line of its own, and marks of direction show a text as
another. Here is the only place that knows which characters these are.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: Controls, separators of lines, marks of direction and other formats that nobody sees, halves of surrogate pairs; not
#: the joiners that scripts and emoji need.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


def one_line(text: str) -> str:
    """The text on one line: a space for what divides, nothing for the rest of what is not safe."""
    return _UNSAFE.sub(lambda found: " " if found[0].isspace() else "", text)


def json_line(value: Any, **options: Any) -> str:
    """JSON on one line that holds the same, with escapes for what is not safe as it is."""
    return _escaped(json.dumps(value, ensure_ascii=False, **options))


def json_block(value: Any) -> str:
    """The same on several lines, for people."""
    return "\n".join(map(_escaped, json.dumps(value, ensure_ascii=False, indent=2).split("\n")))


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text)
