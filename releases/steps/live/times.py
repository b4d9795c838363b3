"""The time before which a release does not start, and before which, or outside of which hours, it is not published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom

from releases import remedies
from releases.record import Problem, Release
from releases.states import Step
from releases.steps.failures.quota_resets import spread_after
from releases.steps.live.hours import Hours


class NotYet(Exception):
    """The time of the release has not come: it waits until then, for this reason."""

    def __init__(self, at: datetime, why: Problem) -> None:
        super().__init__(at, why)
        self.at, self.why = at, why


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Knows when a release may begin. `random` gives numbers from 0 to 1."""

    hours: Hours = field(default_factory=Hours)
    random: Callable[[], float] = field(default=SystemRandom().random)

    def check(self, release: Release, now: datetime) -> None:
        """Raise NotYet where the step that the release is at may not begin now.

        Whoever publishes calls it before the guard, and once more right before the intent of the call is written. Where
        there is an intent already, nothing is said before WeChat has been asked what became of it: see `may_begin`.
        """
        wait = self.wait(release, now)
        if wait is not None:
            raise wait

    def may_begin(self, release: Release, now: datetime) -> None:
        """The same at the beginning of a step, where an earlier attempt may have called already."""
        if release.progress.publish_at is None:
            self.check(release, now)

    def wait(self, release: Release, now: datetime) -> NotYet | None:
        """What it waits for at the step that it is at; None where it may begin."""
        at = release.progress.not_before
        earliest = now if at is None else max(now, datetime.fromtimestamp(at, UTC))
        match release.step:
            case Step.ENSURE_DOMAINS if earliest > now:
                return NotYet(earliest, _not_before(release.step, "started", earliest))
            case Step.PUBLISH:
                opening = self.hours.next_opening(earliest)
                if opening > earliest:
                    return NotYet(spread_after(opening, now, self.random), _closed(release.step, opening))
                if earliest > now:
                    return NotYet(earliest, _not_before(release.step, "published", earliest))
        return None

    def begun(self, release: Release, now: datetime) -> Release:
        """The release as it is written when it is enqueued or ordered: at its step, or waiting for its time."""
        wait = self.wait(release, now)
        return release if wait is None else release.put_off(wait.why, now, until=wait.at)


def _not_before(step: Step, what: str, at: datetime) -> Problem:
    when = f"{at:%Y-%m-%d %H:%M} UTC"
    return Problem(step=step, errmsg=f"not to be {what} before {when}", remedy=remedies.TIME_COMES(at=when))


def _closed(step: Step, opening: datetime) -> Problem:
    when = f"{opening:%Y-%m-%d %H:%M} UTC"
    return Problem(
        step=step,
        errmsg=f"nothing is published at this time (MPRELEASE_PUBLISH__HOURS, MPRELEASE_PUBLISH__NOT_ON) before {when}",
        remedy=remedies.TIME_COMES(at=when),
    )
