"""What the commands print: documents on stdout, everything else on stderr.

Much of it was written by others. Whatever is printed here is one line, and nothing in it acts on a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from cli import language
from cli.lines import counted, in_local_time, indent_of, line, line_starts
from releases import remedies
from releases.record import Event, Problem, Release
from releases.shown.printable import json_line, one_line
from releases.states import SUBMITTED_ONCE, Status
from wechat.errcodes.table import verdict_of

if TYPE_CHECKING:
    from releases.waves.report import Cause


class Lines(Console):
    """Prints each text as one line, with nothing in it that a terminal obeys; a terminal shows it in whole words.

    With `local`, times in it are local on a terminal: for what we say, not for what stands in a record.
    """

    def __init__(self, *, stderr: bool = False, markup: bool = True, local: bool = False) -> None:
        # What others wrote is shown as they wrote it: `:bug:` is no picture.
        super().__init__(stderr=stderr, highlight=False, markup=markup, emoji=False)
        self._local = local

    def print(self, *objects: Any, hang: int = 0, **options: Any) -> None:
        """As rich does it; on a terminal the further lines of a text are indented by `hang` columns."""
        shown = (one_line(one) if isinstance(one, str) else one for one in objects)
        if self._local:
            shown = (times(one, self) if isinstance(one, str) else one for one in shown)
        if self.is_terminal:
            markup = options.get("markup")
            shown = (
                # In ASCII there is no Chinese.
                WholeWords(self.render_str(one, markup=markup), hang)
                if isinstance(one, str) and (hang or not one.isascii())
                else one
                for one in shown
            )
        # Not known before: what is a terminal may change while we run.
        super().print(*shown, **{"soft_wrap": not self.is_terminal, **options})


class WholeWords:
    """A text that is broken between words, and between characters of those that are written without blanks.

    rich takes all from one blank to the next for a word, and breaks it anywhere.
    """

    def __init__(self, text: Text, hang: int = 0) -> None:
        self._text = text
        self._hang = hang

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As rich asks for it."""
        if options.no_wrap:
            yield self._text
            return
        hang = indent_of(self._text.plain, options.max_width, self._hang)
        for number, one in enumerate(
            self._text.divide(line_starts(self._text.plain, options.max_width, hang))
        ):
            one.rstrip()
            shown = Text(" " * hang if number else "").append_text(one)
            shown.overflow = "fold"
            yield shown


def times(text: str, console: Console) -> str:
    """The text with its times as they are shown there: local on a terminal, in UTC elsewhere."""
    return in_local_time(text) if console.is_terminal else text


#: For people: progress, hints, complaints.
notes = Lines(stderr=True, local=True)

COLOURS = {
    Status.QUEUED: "cyan",
    Status.RUNNING: "blue",
    Status.WAITING: "yellow",
    Status.BLOCKED: "red",
    Status.FAILED: "bold red",
    Status.CANCELLED: "dim",
    Status.SUBMITTED: "green",
    Status.REJECTED: "red",
    Status.APPROVED: "bright_green",
    Status.LIVE: "bold green",
    Status.REPLACED: "dim",
    Status.REVERTED: "magenta",
}


def complain(first: str, *more: str) -> None:
    """Say on stderr what is wrong and what would be right."""
    notes.print(f"[bold red]{escape(first)}[/]")
    for further in more:
        notes.print(f"  {escape(further)}", hang=2)


def listing(releases: Iterable[Release]) -> None:
    """Print releases for people: two short lines each on a terminal, one whole line each for grep elsewhere."""
    console = Lines()
    for release in releases:
        if console.is_terminal:
            colour = COLOURS[release.status]
            version, label = escape(release.user_version), escape(release.label or "")
            head = f"{release.id}  {release.appid}  {version}  [{colour}]{release.status}[/]  {label}"
            console.print(head.rstrip(), hang=4)
            said = f"{release.step}: {escape(times(detail(release), console))}".rstrip(": ")
            shown = WholeWords(console.render_str(one_line(said)))
            console.print(Padding(shown, (0, 0, 0, 4), expand=False), style="dim")
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
        *([f"({release.label})"] if release.label else []),
    )
    return "  ".join(cells).rstrip()


def detail(release: Release, now: datetime | None = None) -> str:
    """What matters most about a release as it stands: why it stands still, or what its audit and its publication say.

    `now` is the present if it is not given.
    """
    problem = release.problem
    if problem is None:
        return " --".join(filter(None, (_standing(release), next_command(release))))
    stopped = in_short(problem) + next_command(release) + _next_try(release.next_attempt_at, now)
    return "; ".join(filter(None, (_standing(release), stopped)))


def _standing(release: Release) -> str:
    """What is known of one whose first half is done; of a cancelled one, why."""
    speech = language.speech()
    if release.status is Status.CANCELLED:
        return speech.sentence(release.progress.cancelled_because)
    if release.status not in SUBMITTED_ONCE:
        return ""
    review, publication = release.review, release.publication
    said = speech.sentence(f"audit {release.auditid}")
    if review is not None and release.status in (Status.SUBMITTED, Status.REJECTED):
        stands = f"audit {release.auditid} {review.status.replace('_', ' ')}"
        said = f"{speech.sentence(stands, (_AUDIT,))}{f': {review.reason}' if review.reason else ''}"
    if release.status is Status.LIVE and publication is not None and publication.released_at is not None:
        said += speech.own(_LIVE_SINCE, at=f"{publication.released_at:%Y-%m-%d %H:%M}")
    return said


def _next_try(at: datetime | None, now: datetime | None) -> str:
    if at is None:
        return ""
    return f" ({next_try(at, now or datetime.now(UTC))})"


def next_try(at: datetime, now: datetime) -> str:
    """When a worker tries again; a time that has passed is none that anybody can wait for."""
    speech = language.speech()
    return speech.own(_DUE) if at <= now else speech.own(_NEXT_TRY, at=f"{at:%Y-%m-%d %H:%M:%S}")


_AUDIT = remedies.Text("audit {id} {status}", "审核 {id}：{status}")
_LIVE_SINCE = remedies.Text(", live since {at} UTC", "，{at} UTC 上线")
_DUE = remedies.Text("due, waiting for a worker", "已到时间，正在等 worker 处理")
_NEXT_TRY = remedies.Text("next try {at} UTC", "下次重试：{at} UTC")
_NEXT = remedies.Text("Next: mprelease {command} {id}", "下一步：mprelease {command} {id}")
_AGAIN = remedies.Text(
    "Next: release a corrected version, or submit this one again: mprelease resume {id}",
    "下一步：发一个改好的新版本，或把这个版本再次提交审核：mprelease resume {id}",
)


def next_command(release: Release) -> str:
    """What is to be typed for one that waits for a person, where its remedy does not say; empty for the others."""
    if release.status is Status.REJECTED:
        return f" {language.speech().own(_AGAIN, id=release.id)}"
    if release.status is Status.APPROVED:
        return f" {language.speech().own(_NEXT, command='publish', id=release.id)}"
    problem = release.block or release.failure
    if problem is None or "`mprelease " in problem.remedy:
        return ""
    # What stands in its request is wrong before it is submitted, or never.
    in_request = problem.errcode is not None and verdict_of(problem.errcode).in_request and release.is_active
    return f" {language.speech().own(_NEXT, command='cancel' if in_request else 'resume', id=release.id)}"


#: Where the text begins of what is told with a number before it.
UNDER_COUNT = 9


def cause_lines(found: Iterable[Cause], now: datetime | None = None) -> Iterator[str]:
    """A line for each cause of a standstill, with the number of those behind it; `now` as for `detail`."""
    for cause in found:
        until = _next_try(cause.next_attempt_at, now)
        yield f"{cause.releases:>7}  {cause.status} at {cause.problem.step}: {in_short(cause.problem)}{until}"


def in_short(problem: Problem) -> str:
    """A problem on one line, with its remedy; without its rid, which only `show` needs."""
    named = ", ".join(problem.named)
    code = "" if problem.errcode is None else f"{problem.errcode} "
    said = language.speech().said(problem.message, problem.errcode)
    remedy = language.speech().remedy(problem.remedy, problem.errcode)
    return f"{code}{said}{f' [{named}]' if named else ''} -- {remedy}"


def whole(release: Release) -> None:
    """Print everything about one release for people."""
    console = Lines()
    fields = release.public()
    for name, value in fields.items():
        if name in {"history", "block", "failure", "wait", "review", "publication"} or value in (
            None,
            {},
            [],
        ):
            continue
        shown = value if isinstance(value, str) else json_line(value)
        _row(console, name, times(shown, console) if name.endswith("_at") else shown)
    for name in ("block", "failure", "wait"):
        problem: Problem | None = getattr(release, name)
        if problem is not None:
            _row(console, name, times(f"{problem.step}: {in_short(problem)}", console), "bold red")
            if name != "wait" and next_command(release):
                _row(console, "", next_command(release).strip())
            if problem.rid:
                _row(console, "", f"rid {problem.rid} (WeChat's support asks for it)")
    _of_review(console, release)
    _of_publication(console, release)
    if release.problem is None and next_command(release):
        _row(console, "", next_command(release).strip())
    _row(console, "history", "")
    for event in release.history:
        time = f"{event.time:%Y-%m-%d %H:%M:%S} UTC"
        what = language.speech().sentence(event.what)
        _row(console, "", times(f"{time}  {event.step or '':<14}  {what}{_whose(event)}", console))


def _of_review(console: Console, release: Release) -> None:
    review = release.review
    if review is None:
        return
    at = {"submitted": review.submitted_at, "decided": review.decided_at, "read": review.checked_at}
    _row(console, "review", times(", ".join([review.status.replace("_", " "), *_at(at)]), console))
    for of_reason in (review.reason or "").splitlines():
        _row(console, "", of_reason)
    if review.screenshots:
        pictures = counted(len(review.screenshots), "screenshot")
        _row(console, "", f"{pictures}: mprelease show {release.id} --screenshots DIR")


def _of_publication(console: Console, release: Release) -> None:
    found = release.publication
    if found is None:
        return
    at = {"ordered": found.ordered_at, "published": found.released_at, "verified": found.verified_at}
    by = [f"by {found.ordered_by}"] if found.ordered_by else []
    _row(console, "publication", times(", ".join([*_at(at), *by]), console))
    missing = dict.fromkeys(domain for listed in (found.missing_domains or {}).values() for domain in listed)
    if missing:
        _row(console, "", f"WeChat dropped {', '.join(missing)}", "bold red")


def _at(known: Mapping[str, datetime | None]) -> Iterator[str]:
    return (f"{what} {at:%Y-%m-%d %H:%M:%S} UTC" for what, at in known.items() if at is not None)


def _whose(event: Event) -> str:
    """Who wanted it, and why; a reason that stands there already is not told twice."""
    if event.by is None and event.reason is None:
        return ""
    reason = "" if event.reason is None or event.reason in event.what else event.reason
    return f" ({': '.join(filter(None, (event.by, reason)))})"


def _row(console: Console, name: str, text: str, style: str = "bold") -> None:
    """A name and what it is; on a terminal the text has a column of its own, elsewhere it is one line."""
    if not console.is_terminal:
        console.print(f"{name:>16}  {escape(text)}")
        return
    row = Table.grid(
        Column(width=16, justify="right", style=style), Column(overflow="fold"), padding=(0, 2, 0, 0)
    )
    row.add_row(name, WholeWords(Text(one_line(text))))
    console.print(row)


#: So many are listed on a terminal, where more would only scroll by. Elsewhere all are, for grep.
MOST_LISTED = 20
#: So many waves are counted one by one.
_MOST_WAVES = 20


def is_counted(releases: Sequence[Release]) -> bool:
    """Whether they are too many to be listed here."""
    return len(releases) > MOST_LISTED and Console().is_terminal


def is_listed(releases: Sequence[Release]) -> bool:
    """Whether a person sees each of them, with its reason, where `tell` has listed them."""
    return Console().is_terminal and not is_counted(releases)


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
        tally = ", ".join(f"{number} {what}" for (of, what), number in words.items() if of == wave)
        console.print(f"{f'wave {wave}' if wave else 'without a wave'}: {tally}")
    if len(waves) > _MOST_WAVES:
        console.print(f"and {counted(len(waves) - _MOST_WAVES, 'more wave')}")
    if go_on:
        notes.print(f"To follow them: {_command(list(waves))}", markup=False)


def _command(waves: Sequence[str | None]) -> str:
    named = [wave for wave in waves if wave]
    if not named:
        return "mprelease list"
    return f"mprelease wave {quote(named[0]) if len(named) == 1 else 'NAME'} --watch"
