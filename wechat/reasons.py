"""An audit's reason as plain text. WeChat writes it as HTML, cuts it anywhere, and people read it on a terminal and a page."""

from __future__ import annotations

import html
import re
import unicodedata

#: Longest reason that is kept, in characters; real ones have some hundreds.
MAX_REASON = 10_000

#: `<br>` in all its spellings. Possessive, so that nothing is read twice.
_LINE_BREAK = re.compile(r"<\s*+/?\s*+br(?:[\s/][^<>]*+)?>", re.IGNORECASE)
#: Any other tag or comment; `3 < 5` is none.
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*+>")
#: A tag that was cut off at the end. What goes on in Chinese or on another line is a sentence behind a broken one.
_CUT_OFF = re.compile(r"<(?:[A-Za-z/!?][^<>\n\x80-\U0010ffff]*+)?\Z")
#: A sequence by which a terminal is told to do something, with what it is told.
_ESCAPE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]")
#: Categories of Unicode: control characters, formatting such as direction marks, halves of surrogate pairs.
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs"})
_AS_PLAIN = str.maketrans({"\t": " ", "\xa0": " ", "\u2028": "\n", "\u2029": "\n"})


def plain_reason(raw: str) -> str:
    """Line breaks for `<br>`, no other tag, entities decoded once, nothing that controls how text is shown; cut at MAX_REASON."""
    text = html.unescape(_TAG.sub("", _CUT_OFF.sub("", _LINE_BREAK.sub("\n", raw.strip()))))
    text = _ESCAPE.sub("", text.translate(_AS_PLAIN))
    plain = "".join(
        sign for sign in text if sign == "\n" or unicodedata.category(sign) not in _NOT_SHOWN
    ).strip()
    return plain if len(plain) <= MAX_REASON else f"{plain[: MAX_REASON - 1]}…"
