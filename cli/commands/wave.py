"""`mprelease wave NAME`: how a wave stands, once or until it is over."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from cli import language
from cli.context import services
from cli.following import NOBODY, Silence
from cli.lines import document
from cli.printing import bar, cause_lines, complain, notes
from releases.states import Status
from releases.waves.report import Cause, WaveReport, causes
from releases.waves.standing import State
from worker.logs.printable import one_line

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
        bool, typer.Option(help="Follow it until it is over or braked; exit 1 if not all got submitted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")] = False,
) -> None:
    """Tell how a wave stands: counts, speed, estimated end, what holds it back, and each cause of a block once."""
    report = services().wave_reports.of(name)
    if not report.total:
        complain(f"no release belongs to a wave {name!r}")
        raise typer.Exit(1)
    if watch:
        report = _watched(report)
    found = _causes(name)
    if as_json:
        document({**report.public(), "causes": [cause.public() for cause in found]})
    else:
        _tell(report, found)
    if watch and report.counts[Status.SUBMITTED] < report.total:
        raise typer.Exit(1)


def _causes(name: str) -> list[Cause]:
    find = services().reader.find
    return causes(release for status in _STANDING for release in find(wave=name, status=status))


def _tell(report: WaveReport, found: list[Cause]) -> None:
    head = f"wave {report.name} ({report.state}): {report.total} releases{_pace(report)}"
    notes.print(escape(head))
    for status, number in report.counts.items():
        if number:
            typer.echo(f"{number:>8} {status}")
    colour = "red" if report.state is State.BRAKED else "yellow"
    for hold in map(language.held, report.holds):
        notes.print(f"[bold {colour}]{escape(str(hold))}[/]. {escape(hold.remedy)}")
    if report.fit is not None and report.fit.will_not_fit:
        notes.print(f"[bold yellow]{report.fit}[/]")
    for line in cause_lines(found):
        notes.print(escape(line))


def _pace(report: WaveReport) -> str:
    if not report.per_minute:
        return ""
    end = f", done at about {report.estimated_end:%H:%M:%S} UTC" if report.estimated_end else ""
    return f", {report.per_minute:.0f} a minute{end}"


def _watched(report: WaveReport) -> WaveReport:
    """Follow the wave until nothing goes on any more, with a bar and what holds it back below it."""
    progress, silence = bar(), Silence()
    below = Text(style="yellow", no_wrap=False, overflow="fold")
    line = progress.add_task(escape(report.name), total=report.total, text="")
    told = ""
    with Live(get_renderable=lambda: Group(progress, below), console=notes, transient=True):
        while not report.stands_still:
            silence.notice((report.counts, report.holds))
            below.plain = one_line(what_holds(report, silence))
            text = _counted(report) + _pace(report)
            progress.update(line, total=report.total, completed=report.ended, text=text)
            told = _note(told, report, below.plain)
            time.sleep(_LOOK_EVERY_S)
            report = services().wave_reports.of(report.name)
        _note(told, report, "")
    return report


def _counted(report: WaveReport) -> str:
    return ", ".join(f"{number} {status}" for status, number in report.counts.items() if number)


def what_holds(report: WaveReport, silence: Silence) -> str:
    """What holds releases back, on one line; and that nobody works on those that nothing holds."""
    nobody = [NOBODY] if report.counts[Status.QUEUED] and silence.nobody_answers() else []
    return "; ".join([*(str(language.held(hold)) for hold in report.holds), *nobody])


def _note(told: str, report: WaveReport, held: str) -> str:
    """Where no terminal shows the bar, each change is a line; a change of the speed alone is none."""
    new = f"{_counted(report)}; {held}"
    if new != told and not notes.is_terminal:
        notes.print(escape(f"{_counted(report)}{_pace(report)}{f'; {held}' if held else ''}"))
    return new
