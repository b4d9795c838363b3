"""`mprelease log`: who ordered what, when and why, whichever door they came through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.markup import escape

from cli import language
from cli.context import only_reads, services
from cli.lines import counted, document
from cli.printing import Lines, notes, times
from releases.scope import Scope
from releases.store.actions import MOST, Action

#: Columns by which the further lines of an entry are indented.
_HANG = 8
_OF_PLATFORM: Mapping[str, str] = {Scope.ALL: "the platform", Scope.SUBMISSIONS: "submissions"}


def log(
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many, the newest.")] = 20,
    wave: Annotated[
        str | None, typer.Option(help="Only those for this wave, or for a release of it.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only by whom: cli:anna, or anna through any door.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one entry to a line.")] = False,
) -> None:
    """List who ordered what, when and why, newest first. What workers do by themselves is in `mprelease show`."""
    only_reads()
    page = services().actions.newest(limit, by=by, wave=wave)
    console = Lines()
    for action in page.actions:
        if as_json:
            document(action.public())
        else:
            console.print(escape(times(_line(action), console)), hang=_HANG)
    if not page.actions:
        is_all = by is None and wave is None
        notes.print(
            "nobody has ordered anything yet" if is_all else "no entry is like that; all: mprelease log"
        )
    if page.more_after is not None:
        notes.print(f"older entries left out; --limit {min(10 * limit, MOST)} shows more of them")


def _line(action: Action) -> str:
    # A message by name may name nobody.
    head = (
        f"{action.time:%Y-%m-%d %H:%M:%S} UTC  {action.by or 'celery'}  {action.what}  {_of(action)}".rstrip()
    )
    detail = "" if action.detail is None else f" ({language.speech().sentence(action.detail)})"
    return head + detail + ("" if action.reason is None else f": {action.reason}")


def _of(action: Action) -> str:
    """What it is for, and how many."""
    if action.release_id is not None:
        return f"{action.release_id}  {action.appid}"
    named = [
        *([f"wave {action.wave}"] if action.wave is not None else []),
        *([action.appid] if action.appid is not None else []),
        *([_OF_PLATFORM.get(action.scope, action.scope)] if action.scope is not None else []),
        *([counted(action.number, "release")] if action.number is not None else []),
    ]
    return ", ".join(named)
