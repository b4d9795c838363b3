"""`mprelease webhooks list|retry`: what programs have not been told yet."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from cli.context import only_reads, settings
from cli.lines import counted, document, in_local_time, words
from cli.printing import MOST_LISTED, complain, next_try, notes
from cli.who import As, Reason, by, order
from db.database import Database
from releases.store.actions import What
from releases.store.outbox import Outbox, Standing, Undelivered
from worker.redis_client import connect

app = typer.Typer(help="See what of the webhook has not been delivered, and try again.", no_args_is_help=True)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")] = False,
) -> None:
    """List what has not been delivered: since when, and when it is tried next; and how the endpoint answered last."""
    only_reads()
    outbox = _outbox()
    standing, undelivered = outbox.standing(), outbox.undelivered()
    if as_json:
        document({**_public(standing), "waiting": list(map(_waiting, undelivered))})
        return
    shown = undelivered[:MOST_LISTED] if sys.stdout.isatty() else undelivered
    for one in shown:
        text = f"{_at(one.since)}  {one.member.kind:<7}  {one.member.name}"
        words(in_local_time(text) if sys.stdout.isatty() else text)
    if len(shown) < len(undelivered):
        notes.print(f"and {len(undelivered) - len(shown)} more; in a pipe all are listed")
    for line in told(standing):
        notes.print(line, markup=False)


@app.command()
def retry(reason: Reason = None, actor: As = None) -> None:
    """Try everything again now, also where the endpoint is left alone or has said that it is gone."""
    outbox = _outbox()
    standing = outbox.standing()
    if not standing.is_on:
        complain(*told(standing))
        raise typer.Exit(1)
    order(What.WEBHOOKS_RETRY, by(actor, reason), detail=f"not delivered: {standing.undelivered}")
    outbox.retry()
    notes.print(
        f"{_number(standing)} to be delivered: a worker tries now; `mprelease webhooks list` says what came of it"
    )


def told(standing: Standing) -> list[str]:
    """How the webhook stands, in lines."""
    if not standing.is_on:
        return [
            "no worker sends webhooks: set MPRELEASE_WEBHOOK__URL and __SECRET for the workers, and restart them"
        ]
    since = "" if standing.oldest is None else f", the oldest since {_at(standing.oldest)}"
    lines = [f"{standing.name}: {_number(standing)} not delivered yet{since}"]
    if standing.failures and standing.failed_at is not None:
        lines.append(
            f"the last delivery failed at {_at(standing.failed_at)}: {standing.error}; {_next(standing)}"
        )
    return lines


def _next(standing: Standing) -> str:
    if standing.gone or standing.next_at is None:
        return "nothing is sent until `mprelease webhooks retry`"
    return next_try(datetime.fromtimestamp(standing.next_at, UTC), datetime.now(UTC))


def _number(standing: Standing) -> str:
    return counted(standing.undelivered, "release or wave", "releases and waves")


def _public(standing: Standing) -> dict[str, Any]:
    return {
        "endpoint": standing.name or None,
        "sending": standing.is_on,
        "undelivered": standing.undelivered,
        "oldest_since": _time(standing.oldest),
        "failures": standing.failures,
        "last_error": standing.error or None,
        "last_error_at": _time(standing.failed_at),
        "next_try_at": _time(standing.next_at),
        "gone": standing.gone,
        "deliveries": dict(standing.deliveries),
    }


def _waiting(one: Undelivered) -> dict[str, Any]:
    return {
        "type": one.member.kind,
        "id": one.member.name,
        "since": _time(one.since),
        "next_try_at": _time(one.next_at),
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _at(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _outbox() -> Outbox:
    return Outbox(Database(connect(settings().redis, 1)))
