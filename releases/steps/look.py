"""Writes the record of a release under audit while somebody looks at it: its status stays, whatever goes wrong with that.

Where a step would wait, this one looks again; where a step would stop until a person acts, it looks again seldom and the
record's `wait` says why.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from releases.record import COMMITTED, Problem, Progress
from releases.scope import Scope
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.attempt import Attempt, told
from releases.steps.audit_pace import SELDOM_S, next_look
from releases.steps.live.order import ordered
from releases.steps.watch_audit import WITHDRAW_AGAIN_S
from releases.store.pauses import Pause, Paused
from releases.store.places import looked_at

#: While the platform is paused, somebody looks whether it still is after so many seconds.
_PAUSED_S = 120.0
#: Of an audit that is to be withdrawn the time until the next look is doubled so often; that of any audit is shorter then.
_MOST_DOUBLED = 9
_BECOMES = {
    ReviewStatus.APPROVED: Status.APPROVED,
    ReviewStatus.REJECTED: Status.REJECTED,
    ReviewStatus.WITHDRAWN: Status.REJECTED,
}


class Look(Attempt):
    """One look at an audit."""

    def start(self) -> None:
        """Nothing is written before WeChat has been asked. Raises Paused where the platform is."""
        pause = self._pauses.get(Scope.ALL)
        if pause is not None and pause.holds(self.release.id):
            raise Paused(Scope.ALL, pause)

    def hold(self, scope: str, why: Pause) -> None:  # noqa: ARG002 - only the platform's holds it
        """The platform is paused: as if nobody had looked."""
        self._end(looked_at(self._later(why.until)))

    def reviewed(self, review: Review, what: str = "") -> None:
        """The audit was read; `what` is for the history."""
        progress = self.release.progress.fresh()
        if review.status not in _BECOMES:
            at = next_look(self._now(), review.submitted_at, self.pushed_at)
            if progress.withdraw:
                # WeChat may not have done it: that is seen, and asked for again, each time after twice as long.
                lates = min(self.release.progress.lates + 1, _MOST_DOUBLED)
                progress = progress.model_copy(update={"lates": lates})
                at = min(at, self._now() + timedelta(seconds=WITHDRAW_AGAIN_S * 2 ** (lates - 1)))
            self._note(what, review=review, wait=None, progress=progress)
            self._end(looked_at(at))
            return
        decided = review.model_copy(update={"decided_at": self._now()})
        status, because = _BECOMES[review.status], ""
        if review.status is ReviewStatus.WITHDRAWN and progress.withdraw not in ("", ASKED):
            status, because = Status.CANCELLED, f"withdrawn for release {progress.withdraw}"
        self.release = self.release.model_copy(update={"review": decided, "wait": None})
        # What was rejected may be submitted once more.
        committed = COMMITTED if status is Status.REJECTED else ()
        kept = progress.kept(*committed, cancelled_because=because)
        self._note(what, status=status, progress=kept)
        if status is Status.APPROVED and self.release.publish == "auto":
            self.release = ordered(self.release, self._now())
            self.pass_on()
        else:
            self._end()

    def block(self, problem: Problem) -> None:
        """Only a person can help; that may happen any day, or another write of WeChat's may have been refused."""
        progress = self.release.progress.fresh(withdraw="", withdraw_at=None)
        self._note(told("could not be looked at", problem), wait=problem, progress=progress)
        self._end(looked_at(self._now() + timedelta(seconds=SELDOM_S)))

    def fail(self, problem: Problem) -> None:
        """It went wrong again and again: the same."""
        self.block(problem)

    def wait_for(
        self, scope: str, why: Problem, until: datetime | None, progress: Progress | None = None
    ) -> None:
        """The platform is paused now."""
        del scope
        self._look_again(self._later(until), why, progress or self.release.progress)

    def wait_until(self, until: datetime, why: Problem, progress: Progress) -> None:
        """Look again then."""
        self._look_again(until, why, progress)

    def _look_again(self, until: datetime, why: Problem, progress: Progress) -> None:
        self._change(wait=why.at(Step.WATCH_AUDIT), progress=progress)
        self._end(looked_at(until))

    def _later(self, until: datetime | None) -> datetime:
        at_least = self._now() + timedelta(seconds=_PAUSED_S)
        return at_least if until is None else max(until, at_least)

    def _note(self, what: str, **fields: Any) -> None:
        if what:
            self.release = self.release.changed(what, self._now(), at=Step.WATCH_AUDIT, **fields)
        else:
            self._change(**fields)


#: `Progress.withdraw`, where a person or a program asked for it.
ASKED = "asked"
