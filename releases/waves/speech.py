"""What people are told in their language: what an errcode means, what happened, what has to be done. Programs are told it in English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from releases.phrases.finding import sentence
from releases.remedies import Text, in_chinese
from wechat.errcodes.chinese import Chinese, chinese_of
from wechat.errcodes.row import Errcode
from wechat.errcodes.table import TABLE, verdict_of

if TYPE_CHECKING:
    from releases.waves.standing import Hold

#: An errcode, and what was said of it.
_CODED = re.compile(r"(-?\d+) (.+)", re.DOTALL)
#: A problem, and the domains that it names.
_NAMED = re.compile(r"(.*?)( \[[^\]]*\])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Speech:
    """English or Chinese."""

    is_chinese: bool

    def remedy(self, text: str, errcode: int | None = None) -> str:
        """A remedy as a record or a pause has it, with its errcode."""
        return in_chinese(text, errcode) if self.is_chinese else text

    def own(self, text: Text, **said: str) -> str:
        """A text of ours, with what is said for each `{name}`."""
        return (text.chinese if self.is_chinese else text.english).format(**said)

    def row(self, errcode: int) -> Errcode | Chinese:
        """Meaning and remedy of an errcode, and what waits for it to pass says, as the table has them."""
        return chinese_of(errcode) if self.is_chinese else verdict_of(errcode)

    def said(self, errmsg: str, errcode: int | None) -> str:
        """What WeChat said. It says it in English, so in Chinese what it means stands before it."""
        ours, theirs = self.heard(errmsg, errcode)
        return f"{ours} ({theirs})" if ours and theirs else ours or theirs

    def heard(self, errmsg: str, errcode: int | None) -> tuple[str, str]:
        """In Chinese what an errmsg means, if that is known, then the errmsg as WeChat said it, if it did."""
        if not self.is_chinese:
            return "", errmsg
        own = sentence(errmsg)
        if own != errmsg:
            return own, ""
        return (chinese_of(errcode).meaning, errmsg) if errcode in TABLE and errcode else ("", errmsg)

    def meaning(self, errmsg: str, errcode: int | None) -> str:
        """What an errcode means, in short; what was said where no table has it."""
        return self.sentence(errmsg) if errcode is None or errcode not in TABLE else self.row(errcode).meaning

    def sentence(self, text: str, more: Sequence[Text] = ()) -> str:
        """A sentence that was composed by us: a line of a history, why something waits, an error. `more` of others, looked at first."""
        return sentence(text, more) if self.is_chinese else text

    def held(self, hold: Hold) -> Hold:
        """What holds a wave's releases back."""
        why = (
            self.sentence(hold.why)
            if hold.errcode is None
            else f"{hold.errcode} {self.row(hold.errcode).meaning}"
        )
        return replace(hold, why=why, remedy=self.remedy(hold.remedy, hold.errcode))

    def obstacle(self, text: str) -> str:
        """What stands in the way of a planned release: a sentence, or what WeChat said with a remedy behind it."""
        problem, dash, what_to_do = text.rpartition(" -- ") if " -- " in text else (text, "", "")
        problem, named = _NAMED.fullmatch(problem).groups("")  # type: ignore[union-attr]
        coded = _CODED.fullmatch(problem)
        if coded:
            problem = f"{coded[1]} {self.said(coded[2], int(coded[1]))}"
        elif not dash:
            problem = self.sentence(self.remedy(problem))
        else:
            problem = self.sentence(problem)
        return f"{problem}{named}{dash}{self.remedy(what_to_do)}"
