"""What is shown in the person's language: what an errcode means, and what a person has to do.

All else is English, and so is everything that programs read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from config.language import language
from releases.remedies import Text, in_chinese
from wechat.errcodes.chinese import Chinese, chinese_of
from wechat.errcodes.row import Errcode
from wechat.errcodes.table import TABLE, verdict_of

if TYPE_CHECKING:
    from releases.waves.standing import Hold

#: An errcode, and what was said of it.
_CODED = re.compile(r"(-?\d+) (.+)", re.DOTALL)


@cache
def speaks_chinese() -> bool:
    """Whether it is Chinese in this process; raises SettingsError."""
    return language() == "zh"


def remedy(text: str, errcode: int | None = None) -> str:
    """A remedy as a record or a pause has it, with its errcode."""
    return in_chinese(text, errcode) if speaks_chinese() else text


def own(text: Text, **said: str) -> str:
    """A text of ours, with what is said for each `{name}`."""
    return (text.chinese if speaks_chinese() else text.english).format(**said)


def row(errcode: int) -> Errcode | Chinese:
    """Meaning and remedy of an errcode, and what waits for it to pass says, as the table has them."""
    return chinese_of(errcode) if speaks_chinese() else verdict_of(errcode)


def said(errmsg: str, errcode: int | None) -> str:
    """What WeChat said. It says it in English, so in Chinese what it means stands before it."""
    if errcode is None or errcode not in TABLE or not speaks_chinese():
        return errmsg
    return f"{chinese_of(errcode).meaning} ({errmsg})"


def held(hold: Hold) -> Hold:
    """What holds a wave's releases back."""
    why = hold.why if hold.errcode is None else f"{hold.errcode} {row(hold.errcode).meaning}"
    return replace(hold, why=why, remedy=remedy(hold.remedy, hold.errcode))


def obstacle(text: str) -> str:
    """What stands in the way of a planned release: a sentence, or what WeChat said with a remedy behind it."""
    problem, dash, what_to_do = text.rpartition(" -- ") if " -- " in text else (text, "", "")
    coded = _CODED.fullmatch(problem)
    if coded:
        problem = f"{coded[1]} {said(coded[2], int(coded[1]))}"
    elif not dash:
        problem = remedy(problem)
    return f"{problem}{dash}{remedy(what_to_do)}"
