"""What is shown in the person's language: what an errcode means, and what a person has to do.

All else is English, and so is everything that programs read.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from config.language import language
from releases.remedies import in_chinese
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE, verdict_of

if TYPE_CHECKING:
    from releases.waves.standing import Hold


@cache
def speaks_chinese() -> bool:
    """Whether it is Chinese in this process; raises SettingsError."""
    return language() == "zh"


def remedy(text: str, errcode: int | None = None) -> str:
    """A remedy as a record or a pause has it, with its errcode."""
    return in_chinese(text, errcode) if speaks_chinese() else text


def row(errcode: int) -> tuple[str, str]:
    """Meaning and remedy of an errcode, as the table has them."""
    known = chinese_of(errcode) if speaks_chinese() else verdict_of(errcode)
    return known.meaning, known.remedy


def said(errmsg: str, errcode: int | None) -> str:
    """What WeChat said. It says it in English, so in Chinese what it means stands before it."""
    if errcode is None or errcode not in TABLE or not speaks_chinese():
        return errmsg
    return f"{chinese_of(errcode).meaning} ({errmsg})"


def held(hold: Hold) -> Hold:
    """What holds a wave's releases back."""
    why = hold.why if hold.errcode is None else f"{hold.errcode} {row(hold.errcode)[0]}"
    return replace(hold, why=why, remedy=remedy(hold.remedy))


def obstacle(text: str) -> str:
    """What stands in the way of a planned release: a sentence, or what WeChat said with a remedy behind it."""
    before, dash, what_to_do = text.rpartition(" -- ")
    return f"{before}{dash}{remedy(what_to_do)}"
