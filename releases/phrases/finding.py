"""Finds the Chinese of a sentence of ours, in records of any age, as `releases.remedies` does for remedies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from releases.phrases.history import HISTORY
from releases.phrases.holds import HOLDS
from releases.phrases.parts import PARTS
from releases.phrases.problems import PROBLEMS
from releases.phrases.refusals import REFUSALS
from releases.remedies import Text, in_chinese, pattern
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE

#: What is said of an errcode.
_CODED = re.compile(r"(-?\d+) (.+)", re.DOTALL)
#: What stands in a sentence and is of ours itself: a sentence, or a part of one. Everything else is as somebody wrote it.
_SENTENCES = frozenset({"what", "why"})
_PARTS = frozenset({"version", "audit", "status", "step", "kind", "tally", "broken", "more"})


def _by_length(texts: Sequence[Text]) -> tuple[Text, ...]:
    """What says more stands before what could be taken for it."""
    return tuple(sorted(texts, key=lambda text: -len(text.english)))


SENTENCES = _by_length((*HISTORY, *HOLDS, *PROBLEMS, *REFUSALS))
_ALL_PARTS = _by_length(PARTS)


def sentence(text: str, more: Sequence[Text] = ()) -> str:
    """The Chinese of a sentence that was composed by us; itself where it is none. `more`: of others, looked at first."""
    return _found(text, (*more, *SENTENCES), more) or text


def _found(text: str, among: Sequence[Text], more: Sequence[Text]) -> str | None:
    for one in among:
        match = pattern(one.english).fullmatch(text)
        if match is not None:
            said = {name: _within(name, value, more) for name, value in match.groupdict().items()}
            return one.chinese.format(**said)
    return None


def _within(name: str, value: str, more: Sequence[Text]) -> str:
    if name == "errcode":
        if value == "-":
            return "没有错误码"
        code = int(value) if value.lstrip("-").isdecimal() else None
        return f"{value} {chinese_of(code).meaning}" if code in TABLE and code is not None else value
    if name == "remedy":
        return in_chinese(value)
    if name in _SENTENCES:
        coded = _CODED.fullmatch(value)
        said = _within("errcode", coded[1], more) if coded else ""
        return f"{said} ({coded[2]})" if coded and said != coded[1] else sentence(value, more)
    if name in _PARTS:
        return _found(value, _ALL_PARTS, ()) or value
    return value
