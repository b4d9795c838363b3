"""`mprelease wave NAME`: how a wave stands, once or until it is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape

from tasks.names import Status
from tasks.wave_report import Cause, WaveReport, causes, wave_report
from worker.cli.context import services
from worker.cli.output import bar, cause_lines, complain, document, notes

#: Seconds between two looks.
_LOOK_EVERY_S = 0.5
#: What can stand still for a reason.
_STANDING = (Status.BLOCKED, Status.FAILED, Status.WAITING)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(wave)


def wave(
    name: str,
    watch: Annotated[
        bool, typer.Option(help="Follow it until it is over; exit 1 if not all got submitted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")] = False,
) -> None:
    """Count a wave's releases, with speed, estimated end, and what they stand still for, each cause once."""
    report = _look(name)
    if not report.total:
        complain(f"no release belongs to a wave {name!r}")
        raise typer.Exit(1)
    if watch:
        report = _watched(name)
    found = _causes(name)
    if as_json:
        document({**report.public(), "causes": [cause.public() for cause in found]})
    else:
        _tell(report, found)
    if watch and report.counts[Status.SUBMITTED] < report.total:
        raise typer.Exit(1)


def _look(name: str) -> WaveReport:
    return wave_report(services(), name)


def _causes(name: str) -> list[Cause]:
    found = services().store.find
    return causes(release for status in _STANDING for release in found(wave=name, status=status))


def _tell(report: WaveReport, found: list[Cause]) -> None:
    notes.print(f"wave {escape(report.name)}: {report.total} releases{escape(_pace(report))}")
    for status, number in report.counts.items():
        if number:
            typer.echo(f"{number:>8} {status}")
    _tell_stop(report)
    if report.fit is not None and report.fit.will_not_fit:
        notes.print(f"[bold yellow]{report.fit}[/]")
    for line in cause_lines(found):
        notes.print(escape(line))


def _pace(report: WaveReport) -> str:
    if not report.per_minute:
        return ""
    end = f", done at about {report.estimated_end:%H:%M:%S} UTC" if report.estimated_end else ""
    return f", {report.per_minute:.0f} a minute{end}"


def _tell_stop(report: WaveReport) -> None:
    pause = report.state.pause
    if pause is not None:
        notes.print(
            f"[bold {'yellow' if pause.canary else 'red'}]{escape(pause.errmsg)}[/]; "
            f"{report.state.held} are held back. {escape(pause.remedy)}"
        )


def _watched(name: str) -> WaveReport:
    """A bar on a terminal, a line for each change elsewhere, until nothing goes on any more."""
    with bar() as shown:
        line = shown.add_task(escape(name), total=None, text="")
        last = ""
        for report in _looks(name):
            text = ", ".join(f"{number} {status}" for status, number in report.counts.items() if number)
            shown.update(line, total=report.total, completed=report.ended, text=escape(text + _pace(report)))
            if text != last and not notes.is_terminal:
                notes.print(escape(f"{text}{_pace(report)}"))
            last = text
    return report


def _looks(name: str) -> Iterator[WaveReport]:
    while True:
        report = _look(name)
        yield report
        if report.is_over:
            return
        time.sleep(_LOOK_EVERY_S)
