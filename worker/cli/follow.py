"""Follow releases until they come to rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from shlex import quote

from rich.markup import escape
from rich.progress import Progress, TaskID

from tasks.names import AT_REST, Status
from tasks.record import Release, counts
from tasks.scope import Scope, wave_scope
from worker.cli.context import celery_app, services
from worker.cli.output import bar, notes, tell_causes

#: Seconds between two looks.
_LOOK_EVERY_S = 0.25
#: Without a worker nothing happens; after so many seconds of nothing we ask whether there is one.
_ASK_FOR_WORKERS_AFTER_S = 10.0
#: A release that waits longer than this is left to itself: a quota's reset can be hours away.
PATIENCE = timedelta(minutes=15)


def follow(release_ids: Sequence[str]) -> list[Release]:
    """Show progress on stderr until every release is at rest or waits for long; returns their last states.

    When nothing at all happens for as long as `PATIENCE`, it gives up.
    """
    ids = list(dict.fromkeys(release_ids))
    latest: dict[str, Release] = {}
    open_ids = ids
    with bar() as shown:
        line = shown.add_task("releases", total=len(ids), text="")
        reporter = _Reporter(shown, line)
        while True:
            for stored in services().store.get_many(open_ids):
                if stored is not None:
                    latest[stored.release.id] = stored.release
            waits = _Waits()
            open_ids = [release_id for release_id in ids if not _is_left_alone(latest.get(release_id), waits)]
            reporter.report(list(latest.values()))
            if not open_ids or reporter.quiet_s() > PATIENCE.total_seconds():
                return [latest[release_id] for release_id in ids if release_id in latest]
            try:
                time.sleep(_LOOK_EVERY_S)
            except KeyboardInterrupt:
                notes.print("The releases go on; `mprelease list` shows them.")
                raise


class _Waits:
    """Which releases nobody should sit and watch for, at one moment; each wave is asked for once."""

    def __init__(self) -> None:
        self._braked: dict[str, bool] = {}

    def for_long(self, release: Release) -> bool:
        """Whether it waits for hours, or for a person."""
        if release.status is not Status.WAITING:
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
        return release.wave is not None and release.progress.held == wave_scope(release.wave)


def _is_left_alone(release: Release | None, waits: _Waits) -> bool:
    return release is not None and (release.status in AT_REST or waits.for_long(release))


class _Reporter:
    """A bar on a terminal, a line for each change elsewhere, and a hint when nothing happens."""

    def __init__(self, shown: Progress, line: TaskID) -> None:
        self._bar = shown
        self._line = line
        self._last = ""
        self._stage: datetime | None = None
        self._quiet_since = time.monotonic()
        self._asked = False

    def quiet_s(self) -> float:
        """Seconds since something happened."""
        return time.monotonic() - self._quiet_since

    def report(self, releases: Sequence[Release]) -> None:
        tally = counts(Counter(str(release.status) for release in releases))
        text = ", ".join(f"{number} {status}" for status, number in tally.items() if number)
        stage = max((release.updated_at for release in releases), default=None)
        ended = sum(1 for release in releases if release.status in AT_REST)
        self._bar.update(self._line, completed=ended, text=text)
        if stage != self._stage:
            self._stage, self._quiet_since = stage, time.monotonic()
        if text != self._last:
            self._last = text
            if not notes.is_terminal:
                notes.print(text)
        elif tally[Status.QUEUED]:
            self._hint()

    def _hint(self) -> None:
        if self._asked or self.quiet_s() < _ASK_FOR_WORKERS_AFTER_S:
            return
        self._asked = True
        if not celery_app().control.ping(timeout=2):
            notes.print("No worker answers. Start one: mprelease worker")


def explain(releases: Sequence[Release]) -> None:
    """Say why those that did not get through stand still, and how they go on."""
    if len(releases) > 1:
        tell_causes(releases)
    waits = _Waits()
    waiting = [release for release in releases if waits.for_long(release)]
    braked = sorted({str(release.wave) for release in waiting if waits.for_brake(release)})
    for wave in braked:
        notes.print(escape(f"wave {wave} is stopped. See: mprelease wave {quote(wave)}"))
    waiting = [release for release in waiting if not waits.for_brake(release)]
    paused = [release for release in waiting if release.progress.held == Scope.ALL]
    if paused:
        notes.print("The platform is paused. Remove the cause, then: mprelease resume --platform")
    if len(waiting) > len(paused):
        notes.print(
            f"{len(waiting) - len(paused)} wait for long; they go on by themselves when the time has come."
        )
