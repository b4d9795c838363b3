"""Follow releases until they come to rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from operator import attrgetter
from shlex import quote

from rich.markup import escape
from rich.progress import Progress, TaskID

from cli import language
from cli.context import celery_app, services
from cli.interruptions import told_if_interrupted
from cli.lines import counted
from cli.printing import cause_lines, is_listed, notes
from cli.waiting.bar import bar
from cli.waiting.patience import PATIENCE, Patience
from releases.record import Problem, Release, counts
from releases.remedies import Text
from releases.scope import Scope, scopes_of_wave
from releases.states import AT_REST, Status
from releases.store.records import ReleaseStore
from releases.waves.report import OVERDUE_S, causes
from wechat.errcodes.table import verdict_of

#: Seconds between two looks.
_LOOK_EVERY_S = 0.25
#: Records read at once. Of more open releases each look takes the next ones: four looks a second read a thousand.
AT_ONCE = 250
#: After so many seconds in which nothing happened the workers are asked, and again after as many.
ASK_AFTER_S = 10.0
#: Seconds in which workers answer.
_PING_S = 2.0
NOBODY = "No worker answers. Start one: mprelease worker"

_AGAIN = Text("enqueue it again, corrected, with --supersede", "改好后加上 --supersede 重新发版（enqueue）")
_WRONG = Text(
    f"The requests of wave {{wave}} are wrong: {_AGAIN.english}",
    f"批次 {{wave}} 的请求写错了：{_AGAIN.chinese}",
)
_REMOVE = Text(
    "Remove the causes, then: mprelease resume --wave {wave}",
    "排除原因，然后执行：mprelease resume --wave {wave}",
)
_PARTLY_WRONG = Text(
    f"{_REMOVE.english}. What was wrongly requested: {_AGAIN.english}",
    f"{_REMOVE.chinese} 。请求写错的：{_AGAIN.chinese}",
)
_IS_BRAKED = Text(
    "wave {wave} is braked. See: mprelease wave {quoted}", "批次 {wave} 已刹车，查看：mprelease wave {quoted}"
)
_BRAKED_ALREADY = Text(
    "wave {wave} is braked, so its releases wait. See: mprelease wave {quoted}. "
    "To let it go on: mprelease resume --wave {quoted}",
    "批次 {wave} 已刹车，所以它的发版在等待。查看：mprelease wave {quoted} ；让它继续：mprelease resume --wave {quoted}",
)
_PAUSED = Text(
    "The platform is paused. Remove the cause, then: mprelease resume --platform",
    "平台已暂停。排除原因，然后执行：mprelease resume --platform",
)
_ONE_WAITS = Text(
    "1 waits for long; it goes on by itself when the time has come.", "1 个要等很久；到时会自动继续。"
)
_SOME_WAIT = Text(
    "{number} wait for long; they go on by themselves when the time has come.",
    "{number} 个要等很久；到时会自动继续。",
)


def trouble(overdue: int, *, workers_answer: bool | None, moves: bool) -> str:
    """What keeps releases from going on that nothing holds, with the next command; empty if nothing does.

    `overdue` of them should have been taken by a worker; `workers_answer` is None where they have not been asked, and `moves`
    says whether others come to rest meanwhile.
    """
    late = f"{counted(overdue, 'release is', 'releases are')} overdue" if overdue else ""
    if workers_answer is False:
        return f"{late}. {NOBODY}" if late else NOBODY
    if not late or workers_answer is None:
        return late
    why = "workers are behind; more of them help" if moves else "workers answer and do not take them"
    return f"{late}: {why}. See: mprelease doctor"


#: How a release stands to somebody who follows it.
Standing = Callable[[Release], Status]
#: On its way to the audit, which is the first half, or wherever it goes.
to_audit: Standing = attrgetter("counted")
anywhere: Standing = attrgetter("status")


def follow(release_ids: Sequence[str], standing: Standing = anywhere) -> list[Release]:
    """Show progress on stderr until every release is at rest or waits for long; returns their last states.

    When nothing at all happens for as long as `PATIENCE`, it gives up.
    """
    followed = Followed(services().store, release_ids)
    patience = Patience()
    with bar() as shown, told_if_interrupted("The releases go on; `mprelease list` shows them."):
        line = shown.add_task("releases", total=len(followed), text="")
        reporter = _Reporter(shown, line, standing)
        patience.look(followed.look_at_all)
        while True:
            still_open = patience.look(lambda: followed.still_open(_Waits(standing).leave_alone))
            patience.look(partial(reporter.report, followed.found(), still_open))
            if not still_open or reporter.quiet_s() > PATIENCE.total_seconds():
                return followed.found()
            time.sleep(_LOOK_EVERY_S)
            patience.look(partial(followed.look_at_some, still_open))


class _Waits:
    """Which releases nobody should sit and watch for, at one moment; each wave is asked for once."""

    def __init__(self, standing: Standing = anywhere) -> None:
        self._standing = standing
        self._braked: dict[str, bool] = {}

    def leave_alone(self, release: Release) -> bool:
        """Whether it need not be followed any more."""
        return self._standing(release) in AT_REST or self.for_long(release)

    def for_long(self, release: Release) -> bool:
        """Whether it waits for hours, or for a person."""
        if self._standing(release) is not Status.WAITING:
            return False
        if self.is_in_wave(release):
            return self.for_brake(release)
        return release.next_attempt_at is None or release.next_attempt_at > services().now() + PATIENCE

    def for_brake(self, release: Release) -> bool:
        """Whether its wave's brake holds it. A canary ends by itself, in minutes."""
        scope = release.progress.held
        if not self.is_in_wave(release):
            return False
        if scope not in self._braked:
            pause = services().pauses.current(scope)
            self._braked[scope] = pause is not None and not pause.canary
        return self._braked[scope]

    @staticmethod
    def is_in_wave(release: Release) -> bool:
        """Whether its wave holds it."""
        return release.wave is not None and release.progress.held in scopes_of_wave(release.wave)


class _Reporter:
    """A bar on a terminal, a line for each change elsewhere, and a hint when nothing happens."""

    def __init__(self, shown: Progress, line: TaskID, standing: Standing) -> None:
        self._standing = standing
        self._bar = shown
        self._line = line
        self._silence = Silence()
        self._told = ""
        self._hinted = (False, False)

    def quiet_s(self) -> float:
        """Seconds since something happened."""
        return self._silence.seconds()

    def report(self, releases: Sequence[Release], still_open: Sequence[str]) -> None:
        """Show how they stand; when nothing has happened for a while, what may be the reason, each once."""
        standing = [self._standing(release) for release in releases]
        tally = counts(Counter(map(str, standing)))
        text = ", ".join(f"{number} {status}" for status, number in tally.items() if number)
        ended = sum(1 for status in standing if status in AT_REST)
        self._bar.update(self._line, completed=ended, text=text)
        self._silence.notice(max((release.updated_at for release in releases), default=None))
        if text != self._told:
            self._told = text
            if not notes.is_terminal:
                notes.print(text)
        elif still_open and self.quiet_s() >= ASK_AFTER_S:
            self._hint(still_open)

    def _hint(self, still_open: Sequence[str]) -> None:
        made, nobody = services(), self._silence.nobody_answers()
        overdue = set(made.store.overdue(made.now() - timedelta(seconds=OVERDUE_S))).intersection(still_open)
        hint = nobody, bool(overdue)
        if any(hint) and hint != self._hinted:
            notes.print(trouble(len(overdue), workers_answer=not nobody, moves=False))
        self._hinted = hint


def explain(releases: Sequence[Release], *, are_listed: bool = True) -> None:
    """Say why those that did not get through stand still, and how they go on.

    Where `are_listed` on the same terminal, each with its reason, the reasons are not told again.
    """
    if len(releases) > 1 and not (are_listed and is_listed(releases)):
        for line in cause_lines(causes(releases)):
            notes.print(escape(line))
    stopped = [(release.wave, release.block or release.failure) for release in releases]
    for wave in sorted({of for of, problem in stopped if of and problem}):
        notes.print(escape(way_out(wave, [problem for of, problem in stopped if of == wave and problem])))
    waits = _Waits()
    waiting = [release for release in releases if waits.for_long(release)]
    braked = sorted({str(release.wave) for release in waiting if waits.for_brake(release)})
    for wave in braked:
        notes.print(escape(language.speech().own(_IS_BRAKED, wave=wave, quoted=quote(wave))))
    waiting = [release for release in waiting if not waits.for_brake(release)]
    paused = [
        release
        for release in waiting
        if release.progress.held == Scope.ALL and release.next_attempt_at is None
    ]
    if paused:
        notes.print(language.speech().own(_PAUSED))
    long = len(waiting) - len(paused)
    if long == 1:
        notes.print(language.speech().own(_ONE_WAITS))
    elif long:
        notes.print(language.speech().own(_SOME_WAIT, number=str(long)))


def way_out(wave: str, problems: Iterable[Problem]) -> str:
    """What to type where releases of a wave are blocked or failed for these problems."""
    wrong = [problem.errcode is not None and verdict_of(problem.errcode).in_request for problem in problems]
    if all(wrong):
        return language.speech().own(_WRONG, wave=wave)
    return language.speech().own(_PARTLY_WRONG if any(wrong) else _REMOVE, wave=quote(wave))


def tell_braked(waves: Iterable[str | None]) -> None:
    """Say of each of these waves that is braked what lets go on what was enqueued for it."""
    for wave in dict.fromkeys(filter(None, waves)):
        pause = services().waves.state(wave).pause
        if pause is not None and not pause.canary:
            notes.print(escape(language.speech().own(_BRAKED_ALREADY, wave=wave, quoted=quote(wave))))


class Followed:
    """Reads them again and again, some at a time. Used by one thread."""

    def __init__(self, store: ReleaseStore, release_ids: Iterable[str]) -> None:
        self._store = store
        self._ids = list(dict.fromkeys(release_ids))
        # None where there is no record. The one that was looked at longest ago comes first.
        self._latest: dict[str, Release | None] = dict.fromkeys(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def look_at_all(self) -> None:
        """Read all of them, in pages."""
        for start in range(0, len(self._ids), AT_ONCE):
            self.look_at_some(self._ids[start : start + AT_ONCE])

    def look_at_some(self, release_ids: Sequence[str]) -> None:
        """Read the first so many of these."""
        page = release_ids[:AT_ONCE]
        for release_id, stored in zip(page, self._store.get_many(page), strict=True):
            before = self._latest.pop(release_id)
            self._latest[release_id] = before if stored is None else stored.release

    def still_open(self, leave_alone: Callable[[Release], bool]) -> list[str]:
        """The ids of those that are not to be left alone, the one that was looked at longest ago first."""
        return [
            release_id
            for release_id, release in self._latest.items()
            if release is None or not leave_alone(release)
        ]

    def found(self) -> list[Release]:
        """The releases, in the order in which they were named."""
        releases = (self._latest[release_id] for release_id in self._ids)
        return [release for release in releases if release is not None]


def some_worker_answers() -> bool:
    """Ask the workers; takes two seconds if there is none."""
    return bool(celery_app().control.ping(timeout=_PING_S, limit=1))


class Silence:
    """Since when nothing has happened, as far as one can see. Used by one thread."""

    def __init__(
        self,
        answers: Callable[[], bool] = some_worker_answers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answers = answers
        self._clock = clock
        self._seen: object = None
        self._since = self._asked_at = clock()
        self._nobody = False

    def notice(self, seen: object) -> None:
        """Something has happened if this is not equal to what was seen before."""
        if seen != self._seen:
            self._seen = seen
            self._since = self._asked_at = self._clock()
            self._nobody = False

    def seconds(self) -> float:
        """How long nothing has happened."""
        return self._clock() - self._since

    def nobody_answers(self) -> bool:
        """Whether no worker answers; asked now and then while nothing happens, which takes two seconds."""
        if self._clock() - self._asked_at >= ASK_AFTER_S:
            self._nobody = not self._answers()
            self._asked_at = self._clock()
        return self._nobody
