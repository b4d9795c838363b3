"""No kind of notice, and no text of one, lacks a language."""

from __future__ import annotations

import inspect
import re
from string import Formatter

import pytest

from releases.notices import facts, stopped, texts
from releases.notices.texts import Kind
from releases.remedies import Text
from releases.states import Status

CHINESE = re.compile("[\u4e00-\u9fff]")
TEXTS = {
    **{name: text for name, text in vars(texts).items() if isinstance(text, Text)},
    **{f"{name}[{key}]": text for name in ("PAUSED", "STATUS") for key, text in vars(texts)[name].items()},
}
#: Nothing but names and marks between them.
_MARKS = {"BETWEEN", "COUNT", "REASON", "CAUSE"}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_says_the_same_in_both_languages(name: str) -> None:
    text = TEXTS[name]
    assert text.english
    assert names(text.english) == names(text.chinese)
    assert not CHINESE.search(text.english)
    assert name in _MARKS or name == "TITLE" or CHINESE.search(text.chinese)


def test_every_status_has_a_word() -> None:
    assert set(texts.STATUS) == set(Status)


def test_every_kind_is_told_in_words_that_have_both() -> None:
    source = inspect.getsource(facts) + inspect.getsource(stopped)
    assert [kind for kind in Kind if f"Kind.{kind.name}" not in source] == []
    # What is said stands in `texts` alone: no other string of theirs has two words that a person would read.
    said = re.findall(
        r'(?<!\w)f?"([^"\n]*[a-z] [a-z][^"\n]*)"', re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
    )
    assert said == []
