"""`mprelease errcodes`: what each errcode of WeChat means for a release, and how to get out of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import language
from cli.lines import document
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
    Verdict.ADOPT: "接管正在进行的审核，或 blocked",
    Verdict.UNKNOWN: "重试一次，仍不行则 blocked",
}
_HEADS = ("errcode", "meaning", "the release is", "what to do")
_HEADS_IN_CHINESE = ("errcode", "含义", "对发版的影响", "处理办法")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(errcodes)


def errcodes(
    code: Annotated[int | None, typer.Argument(help="One errcode; all of them without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document to a line.")] = False,
) -> None:
    """Say what an errcode of WeChat means for a release, and how to get out of it."""
    rows = sorted(TABLE.values(), key=lambda row: row.code) if code is None else [verdict_of(code)]
    if as_json:
        for row in rows:
            happens = HAPPENS[row.verdict]
            document({"errcode": row.code, "meaning": row.meaning, "happens": happens, "remedy": row.remedy})
    else:
        typer.echo(as_markdown(rows))


def as_markdown(rows: list[Errcode]) -> str:
    """Return a table that reads well on a terminal and on a page."""
    chinese = language.speaks_chinese()
    heads, happens = (_HEADS_IN_CHINESE, _HAPPENS_IN_CHINESE) if chinese else (_HEADS, HAPPENS)
    lines = [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |"]
    for row in rows:
        meaning, remedy = language.row(row.code)
        lines.append(f"| {row.code} | {meaning} | {happens[row.verdict]} | {remedy} |")
    return "\n".join(lines)
