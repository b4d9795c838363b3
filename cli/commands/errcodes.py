"""`mprelease errcodes`: what each errcode of WeChat means for a release, and how to get out of it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli.lines import document, words
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
            document(
                {"errcode": row.code, "meaning": row.meaning, "happens": happens, "remedy": what_to_do(row)}
            )
    elif sys.stdout.isatty():
        for row in rows:
            words(f"{row.code:<7} {row.meaning}: {HAPPENS[row.verdict]}. {what_to_do(row)}")
    else:
        typer.echo(as_markdown(rows))


def what_to_do(row: Errcode) -> str:
    """What a release says that waits for it to pass, and what is to be done where it stopped."""
    if not row.waiting:
        return row.remedy
    return row.waiting if row.remedy in row.waiting else f"{row.waiting} If it stops in the end: {row.remedy}"


def as_markdown(rows: list[Errcode]) -> str:
    """Return a table for a page."""
    lines = ["| errcode | meaning | the release is | what to do |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.code} | {row.meaning} | {HAPPENS[row.verdict]} | {what_to_do(row)} |" for row in rows]
    return "\n".join(lines)
