"""`mprelease show` and `list`: they only read, and start quickly."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.context import reader
from cli.lines import document
from cli.printing import listing, whole
from releases.states import Status

AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command("list")(list_releases)


def show(release_id: str, as_json: AsJson = False) -> None:
    """Show one release: how far it got, why it stands, what to do."""
    release = reader().get(release_id)
    if as_json:
        document(release.public())
    else:
        whole(release)


def list_releases(
    status: Annotated[Status | None, typer.Option(help="Only these.")] = None,
    wave: Annotated[str | None, typer.Option(help="Only this wave.")] = None,
    appid: Annotated[str | None, typer.Option(help="Only this Mini Program.")] = None,
    as_json: AsJson = False,
) -> None:
    """List releases, oldest first."""
    found = reader().find(status=status, wave=wave, appid=appid)
    if as_json:
        for release in found:
            document(release.public())
    else:
        listing(found)
