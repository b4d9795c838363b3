"""One thing that people are told: a headline, some lines, and where to go on. All of it is plain text that harms no robot's markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from releases import remedies
from releases.notices import texts
from releases.record import Problem
from releases.remedies import Text
from releases.states import Status
from wechat.errcodes.chinese import chinese_of
from wechat.errcodes.table import TABLE, verdict_of

#: The longest parts of a notice, in characters, and the most lines: so that any one fits into the shortest message, of 4,096 bytes.
HEAD, LINE, REMEDY, MOST_LINES = 100, 140, 450, 3
#: What means something in the markdown of WeCom, DingTalk or Feishu, and what stands in its place: a person reads the same.
#: `&` would begin an entity, `://` and `www.` a link that nobody wrote, and `@` calls people.
_FULL_WIDTH = 0xFEE0
_SAFE = {ord(one): chr(ord(one) + _FULL_WIDTH) for one in "<>[]*#@&\\~|"} | {ord("`"): '"'}
_LINK = re.compile(r":(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def plain(text: str, most: int) -> str:
    """On one line, without what nobody sees (RTL marks among it), with nothing that markdown would act on, and no longer than that."""
    printable = "".join(one if one.isprintable() else " " for one in text[: 4 * most])
    words = " ".join(printable.split())
    safe = _LINK.sub(lambda found: chr(ord(found[0]) + _FULL_WIDTH), words).translate(_SAFE)
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a robot writes; without a page it names the command in its place."""

    head: str
    lines: tuple[str, ...] = ()
    link: tuple[str, str] | None = None  # what is shown, and the URL


@dataclass(frozen=True, slots=True)
class Voice:
    """Puts into words, in the language and with the page that were set."""

    is_chinese: bool
    page_url: str = ""

    def __call__(self, text: Text, **said: object) -> str:
        """A text of ours."""
        return (text.chinese if self.is_chinese else text.english).format(**said)

    def notice(self, head: str, *lines: str, remedy: str, path: str) -> Notice:
        """All of it made plain. The remedy is in our language already."""
        body = [plain(line, LINE) for line in lines[:MOST_LINES] if line]
        link = (self(texts.OPEN), f"{self.page_url}{path}") if self.page_url else None
        if link is None:
            body.append(plain(remedy, REMEDY))
        return Notice(plain(head, HEAD), tuple(body), link)

    def counts(self, counts: Mapping[str, int]) -> str:
        """Numbers of releases by status, without those that are none."""
        named = (
            self(texts.COUNT, number=number, status=self(texts.STATUS[Status(status)]))
            for status, number in counts.items()
            if number
        )
        return self(texts.BETWEEN).join(named)

    def remedy(self, problem: Problem) -> str:
        """What a person has to do."""
        return remedies.in_chinese(problem.remedy, problem.errcode) if self.is_chinese else problem.remedy

    def why(self, problem: Problem) -> str:
        """What was said of it; in Chinese what an errcode means, for WeChat says it in English."""
        code = problem.errcode
        if code is None:
            return problem.message
        row = chinese_of(code) if self.is_chinese else verdict_of(code)
        return f"{code} {row.meaning}" if code in TABLE else f"{code} {problem.message}"


def wave_path(name: str) -> str:
    """Where the page shows a wave."""
    return f"/wave?name={quote(name, safe='')}"
