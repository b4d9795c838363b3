"""`mprelease errcodes`: what each errcode of WeChat means for a release, and how to get out of it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import language
from cli.lines import document, words
from releases.remedies import Text
from wechat.errcodes.chinese import Chinese
from wechat.errcodes.table import TABLE, Errcode, Verdict, verdict_of

#: What happens to the release, in a word or two.
HAPPENS = {
    Verdict.RETRY: "retried",
    Verdict.SLOW_DOWN: "waits a minute",
    Verdict.TOKEN: "token refreshed, else failed",
    Verdict.QUOTA: "waits for the reset",
    Verdict.PLATFORM: "platform paused",
    Verdict.BLOCK: "blocked",
    Verdict.BUG: "failed",
    Verdict.WAIT: "waits for the scan",
    Verdict.ADOPT: "adopted or blocked",
    Verdict.UNKNOWN: "retried once, then blocked",
}
#: The same in Chinese.
_HAPPENS_IN_CHINESE = {
    Verdict.RETRY: "自动重试",
    Verdict.SLOW_DOWN: "等一分钟后重试",
    Verdict.TOKEN: "刷新令牌，仍不行则 failed",
    Verdict.QUOTA: "等额度重置",
    Verdict.PLATFORM: "暂停整个平台",
    Verdict.BLOCK: "blocked",
    Verdict.BUG: "failed",
    Verdict.WAIT: "等隐私接口检测",
    Verdict.ADOPT: "认可已有的结果，或 blocked",
    Verdict.UNKNOWN: "重试一次，仍不行则 blocked",
}
_HEADS = ("errcode", "meaning", "the release is", "what to do")
_HEADS_IN_CHINESE = ("errcode", "含义", "对发版的影响", "处理办法")

_ON_A_LINE = Text("{code} {meaning}: {happens}. {remedy}", "{code} {meaning}：{happens}。{remedy}")
_IF_IT_STOPS = Text("{waiting} If it stops in the end: {remedy}", "{waiting}如果最后仍然停下：{remedy}")


def errcodes(
    code: Annotated[int | None, typer.Argument(help="One errcode; all of them without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document to a line.")] = False,
) -> None:
    """Say what an errcode of WeChat means for a release, and how to get out of it."""
    rows = sorted(TABLE.values(), key=lambda row: row.code) if code is None else [verdict_of(code)]
    if as_json:
        for row in rows:
            happens = HAPPENS[row.verdict]
            document(
                {"errcode": row.code, "meaning": row.meaning, "happens": happens, "remedy": what_to_do(row)}
            )
    elif sys.stdout.isatty():
        for row in rows:
            meaning, happens, remedy = _told(row)
            words(
                language.speech().own(
                    _ON_A_LINE, code=f"{row.code:<7}", meaning=meaning, happens=happens, remedy=remedy
                )
            )
    else:
        typer.echo(as_markdown(rows))


def what_to_do(row: Errcode | Chinese) -> str:
    """What a release says that waits for it to pass, and what is to be done where it stopped."""
    if not row.waiting:
        return row.remedy
    if row.remedy in row.waiting:
        return row.waiting
    both = _IF_IT_STOPS.chinese if isinstance(row, Chinese) else _IF_IT_STOPS.english
    return both.format(waiting=row.waiting, remedy=row.remedy)


def as_markdown(rows: list[Errcode]) -> str:
    """Return a table for a page."""
    lines = [
        f"| {' | '.join(_HEADS_IN_CHINESE if language.speech().is_chinese else _HEADS)} |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join((str(row.code), *_told(row)))} |" for row in rows]
    return "\n".join(lines)


def _told(row: Errcode) -> tuple[str, str, str]:
    """What it means, what happens to the release, and what to do, in the language."""
    happens = _HAPPENS_IN_CHINESE if language.speech().is_chinese else HAPPENS
    shown = language.speech().row(row.code)
    return shown.meaning, happens[row.verdict], what_to_do(shown)
