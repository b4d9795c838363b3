"""`mprelease templates`: what a release can name as its template_id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.context import only_reads, services
from cli.lines import document, in_local_time, line
from cli.printing import Lines, notes
from wechat.http.deadline import Deadline


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(templates)


def templates(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one template to a line.")] = False,
) -> None:
    """List the platform's template library, newest first: id, time, version, description."""
    only_reads()
    found = services().wechat.templates(Deadline(services().step_deadline_s))
    is_terminal = Lines().is_terminal
    for one in sorted(found, key=lambda template: template.id, reverse=True):
        at = f"{datetime.fromtimestamp(one.created_at, UTC):%Y-%m-%dT%H:%M:%SZ}" if one.created_at else None
        if as_json:
            document(
                {
                    "template_id": one.id,
                    "user_version": one.user_version,
                    "user_desc": one.user_desc,
                    "created_at": at,
                }
            )
        else:
            when = "-" if at is None else in_local_time(at) if is_terminal else at
            line(f"{one.id:>6}  {when}  {one.user_version}  {one.user_desc}")
    if not found:
        notes.print("the template library is empty; add a draft to it on the platform's console")
