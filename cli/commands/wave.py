"""`mprelease wave NAME`: how a wave stands, once or until it is over; `mprelease waves`: all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from shlex import quote
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from cli import language
from cli.choose import check_wave
from cli.context import only_reads, services
from cli.following import ASK_AFTER_S, Silence, some_worker_answers, trouble, way_out
from cli.lines import counted, document, in_local_time
from cli.printing import UNDER_COUNT, Lines, WholeWords, cause_lines, notes, times
from cli.waiting.bar import bar
from cli.waiting.patience import Patience
from releases import remedies
from releases.shown.printable import one_line
from releases.states import AT_REST, SUBMITTED_ONCE, Status
from releases.waves.halves import LIVE
from releases.waves.report import Cause, PublicationReport, WaveReport, causes_in
from releases.waves.standing import State

_COLOURS = {State.BRAKED: "red", State.CANARY: "yellow", State.RUNNING: "blue", State.OVER: "green"}
#: Seconds between two looks.
_LOOK_EVERY_S = 0.5


def wave(
    name: str,
    watch: Annotated[
        bool,
        typer.Option(
            help="Follow it until it is over or braked; exit 1 if not all got submitted, or not all that were to go live."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, and nothing else.")] = False,
) -> None:
    """Tell how a wave stands: counts, speed, estimated end, what holds it back, and each cause of a block once."""
    only_reads()
    check_wave(services().store, name)
    patience = Patience() if watch else None
    report = services().wave_reports.of(name)
    if patience is not None:
        report = _watched(report, patience)
    elif report.needs_workers:
        report = report.asked(workers_answer=some_worker_answers())
    find = partial(causes_in, services().reader, name)
    found = find() if patience is None else patience.look(find)
    if as_json:
        document(report.document(found))
    else:
        _tell(report, found)
    published = report.publication
    is_well = sum(report.counts[status] for status in SUBMITTED_ONCE) == report.total and (
        published is None or published.counts[Status.LIVE] == published.ordered
    )
    if watch and not is_well:
        raise typer.Exit(1)


def _tell(report: WaveReport, found: list[Cause]) -> None:
    head = f"wave {report.name} ({report.state}): {counted(report.total, 'release')}{_pace(report)}"
    notes.print(escape(head))
    _tell_half(report, report.name, found)
    if _trouble(report):
        notes.print(f"[bold red]{escape(_trouble(report))}[/]")
    if report.fit is not None and report.fit.will_not_fit:
        notes.print(f"[bold yellow]{report.fit}[/]")
    published = report.publication
    if published is not None:
        notes.print(escape(f"publications ({published.state}): {published.ordered} ordered"))
        _tell_half(published, report.name, causes_in(services().reader, report.name, LIVE))
    elif report.counts[Status.APPROVED]:
        ready, name = report.counts[Status.APPROVED], quote(report.name)
        notes.print(
            escape(f"{ready} approved. To see what would go live: mprelease publish --wave {name} --plan")
        )


def _tell_half(half: WaveReport | PublicationReport, wave: str, found: list[Cause]) -> None:
    """Counts, what holds releases back, why they stand still, and the way out."""
    for status, number in half.counts.items():
        if number:
            typer.echo(f"{number:>8} {status}")
    colour = "red" if half.state is State.BRAKED else "yellow"
    for hold in map(language.speech().held, half.holds):
        notes.print(f"[bold {colour}]{escape(str(hold))}[/]. {escape(way_on(hold.remedy, wave))}")
    # What holds releases back was just said, with its remedy; the others need a word of their own.
    said = {hold.remedy for hold in half.holds}
    others = (it for it in found if it.status is not Status.WAITING or it.problem.remedy not in said)
    for line in cause_lines(others):
        notes.print(escape(line), hang=UNDER_COUNT)
    if half.counts[Status.BLOCKED] + half.counts[Status.FAILED] and half.state is not State.BRAKED:
        notes.print(escape(way_out(wave, [cause.problem for cause in found if cause.status in AT_REST])))


def way_on(remedy: str, name: str) -> str:
    """The remedy without the command that was just typed."""
    rest = remedy.removeprefix(language.speech().own(remedies.SEE_WAVE, wave=quote(name)))
    return rest[:1].upper() + rest[1:]


def _pace(report: WaveReport) -> str:
    if not report.per_minute:
        return ""
    end = f", done at about {report.estimated_end:%Y-%m-%d %H:%M} UTC" if report.estimated_end else ""
    digits = 0 if report.per_minute >= 1 else 1
    return f", {report.per_minute:.{digits}f} a minute{end}"


def _watched(report: WaveReport, patience: Patience) -> WaveReport:
    """Follow the wave until nothing goes on any more, with a bar and what holds it back below it."""
    progress, silence = bar(), Silence()
    below = Text(style="yellow")
    line = progress.add_task(escape(report.name), total=report.total, text="")
    told = ""
    with Live(get_renderable=lambda: Group(progress, WholeWords(below)), console=notes, transient=True):
        while not _stand_still(report):
            silence.notice((report.counts, report.holds, report.publication))
            if report.needs_workers and silence.seconds() >= ASK_AFTER_S:
                report = report.asked(workers_answer=not patience.look(silence.nobody_answers))
            held = what_holds(report)
            below.plain = in_local_time(one_line(held))
            text = _counted(report) + _pace(report)
            done, total = report.ended, report.total
            if report.stands_still and report.publication is not None:
                total = report.publication.ordered
                done = sum(report.publication.counts[status] for status in AT_REST)
            progress.update(line, total=total, completed=done, text=text)
            told = _note(told, report, held)
            time.sleep(_LOOK_EVERY_S)
            report = patience.look(partial(services().wave_reports.of, report.name))
        _note(told, report, "")
    return report


def _stand_still(report: WaveReport) -> bool:
    return report.stands_still and (report.publication is None or report.publication.stands_still)


def _counted(report: WaveReport) -> str:
    """The counts of both halves."""
    published = report.publication
    halves = [_tally(report.counts)]
    return "; published: ".join(halves if published is None else [*halves, _tally(published.counts)])


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {status}" for status, number in counts.items() if number)


def what_holds(report: WaveReport) -> str:
    """What holds releases back, on one line; and why those do not go on that nothing holds."""
    holds = (*report.holds, *(report.publication.holds if report.publication else ()))
    return "; ".join(filter(None, (*(str(language.speech().held(hold)) for hold in holds), _trouble(report))))


def _trouble(report: WaveReport) -> str:
    return trouble(report.overdue, workers_answer=report.workers_answer, moves=report.per_minute > 0)


def _note(told: str, report: WaveReport, held: str) -> str:
    """Where no terminal shows the bar, each change is a line; a change of the speed or of the overdue alone is none."""
    holds = "; ".join(map(str, (*report.holds, *(report.publication.holds if report.publication else ()))))
    new = f"{_counted(report)}; {holds}; {bool(report.overdue)} {report.workers_answer}"
    if new != told and not notes.is_terminal:
        notes.print(escape(f"{_counted(report)}{_pace(report)}{f'; {held}' if held else ''}"))
    return new


def waves(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, one wave to a line.")] = False,
) -> None:
    """List the waves, newest first: how each stands, and its counts."""
    only_reads()
    began = services().store.waves()
    console = Lines()
    for name in list(began)[:limit]:
        report = services().wave_reports.of(name)
        since = f"{began[name]:%Y-%m-%dT%H:%M:%SZ}"
        if as_json:
            document({**report.public(), "began_at": since})
        else:
            state = f"[{_COLOURS[report.state]}]{report.state:<7}[/]"
            tally = f"{counted(report.total, 'release')}: {_counted(report)}"
            console.print(f"{times(since, console)}  {state}  {escape(name)}  {tally}", hang=8)
    if not began:
        notes.print("no wave yet; `mprelease enqueue --file FILE --wave NAME` begins one")
    if len(began) > limit:
        notes.print(f"{counted(len(began) - limit, 'older wave')} left out; --limit {len(began)} shows all")
