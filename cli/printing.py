"""What the commands print: documents on stdout, everything else on stderr.

Much of it was written by others. Whatever is printed here is one line, and nothing in it acts on a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from shlex import quote
from typing import Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from cli import language
from cli.lines import line
from releases.record import Problem, Release
from releases.states import Status
from releases.waves.report import Cause, causes
from worker.logs.printable import json_line, one_line


class Lines(Console):
    """Prints each text as one line, with nothing in it that a terminal obeys."""

    def __init__(self, *, stderr: bool = False, markup: bool = True) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, markup=markup)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich does it."""
        super().print(*(one_line(one) if isinstance(one, str) else one for one in objects), **options)


#: For people: progress, hints, complaints.
notes = Lines(stderr=True)

COLOURS = {
    Status.QUEUED: "cyan",
    Status.RUNNING: "blue",
    Status.WAITING: "yellow",
    Status.BLOCKED: "red",
    Status.FAILED: "bold red",
    Status.CANCELLED: "dim",
    Status.SUBMITTED: "green",
}


class _Bar(Progress):
    """The text has a line of its own: beside the bar, eighty columns cut off the figures."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The line of each task, and its text below."""
        for task in self.tasks:
            yield self.make_tasks_table([task])
            yield Text(one_line(task.fields["text"]), no_wrap=False, overflow="fold")


def bar() -> Progress:
    """A bar with a text below it (the field `text`, no markup); nothing where there is no terminal."""
    return _Bar(
        # The only column that may wrap, so that a long name does not cut the others.
        TextColumn("{task.description}", table_column=Column(overflow="fold")),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    )


def complain(first: str, *more: str) -> None:
    """Say on stderr what is wrong and what would be right."""
    notes.print(f"[bold red]{escape(first)}[/]")
    for further in more:
        notes.print(f"  {escape(further)}")


def listing(releases: Iterable[Release]) -> None:
    """Print releases for people: two short lines each on a terminal, one whole line each for grep elsewhere."""
    console = Lines()
    for release in releases:
        if console.is_terminal:
            colour = COLOURS[release.status]
            version = escape(release.user_version)
            console.print(f"{release.id}  {release.appid}  {version}  [{colour}]{release.status}[/]")
            console.print(f"    {release.step}: {escape(detail(release))}".rstrip(": "), style="dim")
        else:
            line(_line(release))


def _line(release: Release) -> str:
    cells = (
        release.id,
        release.appid,
        release.user_version,
        f"{release.status:<9}",
        f"{release.step:<14}",
        detail(release),
    )
    return "  ".join(cells).rstrip()


def detail(release: Release) -> str:
    """The one thing that matters most about a release as it stands."""
    if release.auditid is not None:
        return f"audit {release.auditid}"
    problem = release.block or release.failure or release.wait
    if problem is None:
        return release.history[-1].what if release.status is Status.CANCELLED else ""
    next_try = release.next_attempt_at
    until = "" if next_try is None else f" (next try {next_try:%Y-%m-%d %H:%M:%S} UTC)"
    return in_short(problem) + until


def tell_causes(releases: Iterable[Release]) -> None:
    """Print why releases stand still, each cause once with the number of those behind it."""
    for of_one in cause_lines(causes(releases)):
        notes.print(escape(of_one))


def cause_lines(found: Iterable[Cause]) -> Iterator[str]:
    """A line for each cause."""
    for cause in found:
        yield f"{cause.releases:>7}  {cause.status} at {cause.problem.step}: {in_short(cause.problem)}"


def in_short(problem: Problem) -> str:
    """A problem on one line, with its remedy."""
    named = ", ".join(dict.fromkeys(domain for listed in problem.domains.values() for domain in listed))
    code = "" if problem.errcode is None else f"{problem.errcode} "
    said = language.said(problem.errmsg, problem.errcode)
    return (
        f"{code}{said}{f' [{named}]' if named else ''} -- {language.remedy(problem.remedy, problem.errcode)}"
    )


def whole(release: Release) -> None:
    """Print everything about one release for people."""
    console = Lines()
    fields = release.public()
    for name, value in fields.items():
        if name in {"history", "block", "failure", "wait"} or value in (None, {}, []):
            continue
        shown = value if isinstance(value, str) else json_line(value)
        console.print(f"[bold]{name:>16}[/]  {escape(shown)}")
    for name in ("block", "failure", "wait"):
        problem: Problem | None = getattr(release, name)
        if problem is not None:
            console.print(f"[bold red]{name:>16}[/]  {escape(problem.step)}: {escape(in_short(problem))}")
            if problem.rid:
                console.print(f"{'':>16}  rid {escape(problem.rid)} (WeChat's support asks for it)")
    console.print(f"[bold]{'history':>16}[/]")
    for event in release.history:
        console.print(
            f"{'':>16}  {event.time:%Y-%m-%d %H:%M:%S}  {event.step or '':<14}  {escape(event.what)}"
        )


#: So many are listed on a terminal, where more would only scroll by. Elsewhere all are, for grep.
MOST_LISTED = 20
#: So many waves are counted one by one.
_MOST_WAVES = 20


def is_counted(releases: Sequence[Release]) -> bool:
    """Whether they are too many to be listed here."""
    return len(releases) > MOST_LISTED and Console().is_terminal


def tell(releases: Sequence[Release], word: Callable[[Release], str], *, go_on: bool = False) -> None:
    """List them on stdout, or count them for each wave by the word that is given to each.

    Where they are counted and `go_on`, the command that shows what becomes of them is told as well.
    """
    if not is_counted(releases):
        listing(releases)
        return
    console = Lines(markup=False)
    each = {release.id: release for release in releases}.values()
    waves = Counter(release.wave for release in each)
    words = Counter((release.wave, word(release)) for release in each)
    for wave, _ in waves.most_common(_MOST_WAVES):
        counted = ", ".join(f"{number} {what}" for (of, what), number in words.items() if of == wave)
        console.print(f"{f'wave {wave}' if wave else 'without a wave'}: {counted}")
    if len(waves) > _MOST_WAVES:
        console.print(f"and {len(waves) - _MOST_WAVES} more waves")
    if go_on:
        notes.print(f"To follow them: {_command(list(waves))}", markup=False)


def _command(waves: Sequence[str | None]) -> str:
    named = [wave for wave in waves if wave]
    if not named:
        return "mprelease list"
    return f"mprelease wave {quote(named[0]) if len(named) == 1 else 'NAME'} --watch"
