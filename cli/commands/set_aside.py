"""`mprelease set-aside list|requeue|clear`: what was on the queue and no worker could run."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from cli.context import only_reads, settings
from cli.lines import counted, in_local_time, words
from cli.printing import notes
from cli.who import As, Reason, by, order
from config.celery_options import QUEUE
from releases.store.actions import What
from worker.celery_patches import set_aside
from worker.redis_client import connect

app = typer.Typer(help="See what was on the queue and no worker could run.", no_args_is_help=True)


@app.command("list")
def list_(
    as_json: Annotated[
        bool, typer.Option("--json", help="Whole, one JSON document to a line; may hold secrets.")
    ] = False,
) -> None:
    """List it, newest first: since when, why, how long."""
    only_reads()
    for entry in set_aside.entries(connect(settings().redis, 1)):
        if as_json:
            # ASCII, unlike our other documents: what is no UTF-8 in an item stands as lone surrogates.
            typer.echo(json.dumps(asdict(entry)))
        else:
            at = in_local_time(entry.at) if sys.stdout.isatty() else entry.at
            words(f"{at}  {len(entry.raw):>7} bytes  {entry.why}")


@app.command()
def requeue(reason: Reason = None, actor: As = None) -> None:
    """Put all of it back into the queue, when all workers are of the version that knows it."""
    client = connect(settings().redis, 1)
    number = set_aside.number(client)
    if number:
        order(What.SET_ASIDE_REQUEUE, by(actor, reason), detail=f"messages: {number}")
    moved = set_aside.requeue(client, QUEUE)
    notes.print(f"{moved} back in the queue; what still can't be run is set aside again")


@app.command()
def clear(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Reason = None,
    actor: As = None,
) -> None:
    """Forget all of it."""
    client = connect(settings().redis, 1)
    number = set_aside.number(client)
    if number and not yes:
        typer.confirm(f"Forget {counted(number, 'message')} set aside?", abort=True, err=True)
    if number:
        order(What.SET_ASIDE_CLEAR, by(actor, reason), detail=f"messages: {number}")
    notes.print(f"{set_aside.clear(client)} forgotten")
