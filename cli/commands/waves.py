"""`mprelease waves`: all waves, newest first."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cli.context import only_reads, services
from cli.lines import counted, document
from cli.printing import Lines, notes, times
from releases.waves.report import WaveReport
from releases.waves.standing import State

_COLOURS = {State.BRAKED: "red", State.CANARY: "yellow", State.RUNNING: "blue", State.OVER: "green"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(waves)


def waves(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one wave to a line.")] = False,
) -> None:
    """List the waves, newest first: how each stands, and its counts."""
    only_reads()
    began = services().reader.waves()
    console = Lines()
    for name in list(began)[:limit]:
        report = services().wave_reports.of(name)
        since = f"{began[name]:%Y-%m-%dT%H:%M:%SZ}"
        if as_json:
            document({**report.public(), "began_at": since})
        else:
            state = f"[{_COLOURS[report.state]}]{report.state:<7}[/]"
            console.print(f"{times(since, console)}  {state}  {escape(name)}  {_counts(report)}")
    if not began:
        notes.print("no wave yet; `mprelease enqueue --file FILE --wave NAME` begins one")
    if len(began) > limit:
        notes.print(f"{counted(len(began) - limit, 'older wave')} left out; --limit {len(began)} shows all")


def _counts(report: WaveReport) -> str:
    each = ", ".join(f"{number} {status}" for status, number in report.counts.items() if number)
    return f"{counted(report.total, 'release')}: {each}"
