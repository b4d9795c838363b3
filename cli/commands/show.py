"""`mprelease show` and `list`: they only read, and start quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import choose as choice
from cli.context import only_reads, reader
from cli.lines import counted, document
from cli.printing import complain, listing, notes, whole
from cli.table import as_csv
from releases.appid import is_appid
from releases.errors import UnknownRelease
from releases.record import Release
from releases.selection import Selection
from releases.states import Status

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")]
#: Releases that are named where an id's beginning means many.
_MOST_MEANT = 20


def show(
    release_id: Annotated[
        str, typer.Argument(help="An id, its first four characters or more, or an appid: its newest release.")
    ],
    screenshots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Fetch the pictures of a rejection into this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show one release: how far it got, why it stands, what to do."""
    only_reads()
    release = _meant(release_id)
    if as_json:
        document(release.public())
    else:
        whole(release)
    if screenshots is not None:
        from cli.commands.live.screenshots import fetch  # noqa: PLC0415 - needs the client of WeChat

        fetch(release, screenshots)


def _meant(name: str) -> Release:
    """The one release that this names; raises UnknownRelease, and Exit where it could be several."""
    found = reader().named(name)
    if len(found) == 1:
        return found[0]
    if not found and is_appid(name):
        complain(f"no release belongs to {name}")
        raise typer.Exit(1)
    if not found:
        raise UnknownRelease(name)
    complain(
        f"{len(found)} ids begin with {name}:",
        *(f"{one.id}  {one.appid}  {one.user_version}  {one.status}" for one in found[:_MOST_MEANT]),
        *([f"and {len(found) - _MOST_MEANT} more"] if len(found) > _MOST_MEANT else []),
    )
    raise typer.Exit(1)


def list_releases(
    status: Annotated[
        Status | None, typer.Option(metavar="STATUS", help=f"Only these: {', '.join(Status)}.")
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    appid: Annotated[str | None, typer.Option(help="Only this Mini Program.")] = None,
    errcode: choice.Errcode = None,
    step: choice.AtStep = None,
    label: Annotated[str | None, typer.Option(help="Those whose label has this in it.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, the newest.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout, with a line of names.")] = False,
    as_json: AsJson = False,
) -> None:
    """List releases, oldest first."""
    if csv and as_json:
        raise typer.BadParameter("can't go with --json", param_hint="--csv")
    only_reads()
    choice.check_wave(reader().store, wave)
    wanted = Selection(status=status, wave=wave, appid=appid, errcode=errcode, step=step, label=label)
    found = reader().select(wanted)
    shown = found if limit is None else found[-limit:]
    if csv:
        as_csv(shown)
    elif as_json:
        for release in shown:
            document(release.public())
    else:
        listing(shown)
    if not found:
        notes.print("no release matches")
    if len(shown) < len(found):
        older = counted(len(found) - len(shown), "older release")
        notes.print(f"{older} left out; --limit {len(found)} shows all")
