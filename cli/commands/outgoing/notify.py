"""`mprelease notify --test`: whether the robots of the groups take what people are told."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.markup import escape

from cli.context import settings
from cli.errors import BAD_INPUT, FAILED
from cli.printing import Lines, complain
from releases.notices import texts
from releases.notices.notice import Notice
from worker.wiring import robots_of, voice_of


def notify(
    test: Annotated[bool, typer.Option("--test", help="Send a test message to each group.")] = False,
) -> None:
    """Send a test message to each group that is told, and say what its robot answers."""
    if not test:
        complain("`mprelease notify --test` sends a test message; the workers send all others by themselves")
        raise typer.Exit(BAD_INPUT)
    robots = robots_of(settings().notify, time.time)
    if not robots:
        complain(
            "no group is told: set MPRELEASE_NOTIFY__WECOM_URL, __DINGTALK_URL or __FEISHU_URL here and for the workers "
            "(docs/notices.md)"
        )
        raise typer.Exit(BAD_INPUT)
    voice, report, refused = voice_of(settings().notify), Lines(), False
    link = (voice(texts.OPEN), voice.page_url) if voice.page_url else None
    notice = Notice(voice(texts.TEST), (voice(texts.TEST_BODY),), link)
    for robot in robots:
        told = robot.send([notice])
        refused = refused or bool(told.error)
        answer = f"[bold red]not taken[/]: {escape(told.error)}" if told.error else "[green]taken[/]"
        report.print(f"{robot.title:<9} {answer}")
    raise typer.Exit(FAILED if refused else 0)
