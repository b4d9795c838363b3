"""Pauses of everything that end by themselves.

WeChat is out, or who lends the tokens is; WeChat asked to be left alone; or a component's quota is used up.

Such a pause is not over at its time: at that time a few of the releases that it holds try (the probes). Once a call of
theirs is answered, all go on; if they meet the same again, the pause is renewed, so ten thousand releases never
find out one by one. A pause that needs a person is stronger, whichever was first; one by hand is never touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import cast

import redis

from releases import remedies
from releases.record import Problem
from releases.scope import Scope
from releases.states import Step
from releases.steps.failures.call_window import CallWindow
from releases.store import keys
from releases.store.pauses import Pause, Pauses

#: So many releases try when a pause's time has come.
PROBES = 5
#: Others change the pause at the same moment, this often at the most.
_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPauses:
    """Begins, renews and ends them. Safe to use from many threads and processes.

    `length_s` says how long the pause of this number is, of those that follow each other while WeChat is out;
    `patience_s` is how long the probes may take.
    """

    client: redis.Redis
    pauses: Pauses
    window: CallWindow
    length_s: Callable[[int], float]
    patience_s: float
    now: Callable[[], datetime]

    def begin(self, problem: Problem, until: datetime, *, more: str = "", outage: int = 0) -> Pause | None:
        """All releases wait until then, or for longer if they do already; returns what they wait for.

        `outage`: it is the first of those that follow each other while nothing is to be had.
        """
        pause = _pause(problem, until, remedy=_goes_on(until, more), outage=outage)
        return self._change(lambda current: _later(current, pause))

    def unanswered(
        self, release_id: str, problem: Problem, asked_s: float, *, by_owner: bool = False
    ) -> Pause | None:
        """A call of this release was not answered: the pause to wait for if that is everybody's trouble, else None.

        `asked_s`: the server asked to be left alone for so long. `by_owner`: it was no call of WeChat, but the owner of the
        tokens was asked for one; the first pause of these is begun elsewhere.
        """
        current = self.pauses.current(Scope.ALL)
        is_new = current is None or (release_id in current.probes and not current.outage)
        if is_new and (by_owner or not self.window.is_out()):
            return None
        self.window.clear()
        return self._change(
            lambda found: self._renewed(found, release_id, problem, asked_s, by_owner=by_owner)
        )

    def tried(self, release_id: str, *, answered: bool) -> None:
        """A probe has made its calls: the last one was answered, or there was none."""

        def after(current: Pause | None) -> Pause | None:
            if current is None or release_id not in current.probes:
                return current
            if answered:
                return None
            others = tuple(probe for probe in current.probes if probe != release_id)
            return current.model_copy(
                update={"probes": others, "until": current.until if others else self.now()}
            )

        self._change(after)

    def look(self) -> int:
        """If the pause's time has come, let a few of the held releases try; returns how many. Any worker may."""
        current = self.pauses.current(Scope.ALL)
        if current is None or current.until is None or not current.is_timed or current.until > self.now():
            return 0
        waiting = cast("list[str]", self.client.zrange(keys.held(Scope.ALL), 0, -1))
        # Others each time: what some of them meet may be their own for good.
        held = SystemRandom().sample(waiting, min(PROBES, len(waiting)))
        if not held:
            # Nobody waits, so nobody can try. Who comes next finds out.
            self.pauses.replace(Scope.ALL, current, None)
            return 0
        trying = current.model_copy(
            update={
                "probes": tuple(held),
                # One release alone does not speak for all: what it meets is its own.
                "outage": current.outage if len(held) > 1 else 0,
                "until": self.now() + timedelta(seconds=self.patience_s),
                "remedy": remedies.TRYING(),
            }
        )
        if not self.pauses.replace(Scope.ALL, current, trying):
            return 0
        # A worker that dies before this leaves them held: others try after `patience_s`.
        return self.pauses.let_try(Scope.ALL, held)

    def _renewed(
        self, current: Pause | None, release_id: str, problem: Problem, asked_s: float, *, by_owner: bool
    ) -> Pause | None:
        asked_until = self.now() + timedelta(seconds=asked_s)
        if current is None or release_id in current.probes:
            number = 1 if current is None else current.outage + 1
            until = max(asked_until, self.now() + timedelta(seconds=self.length_s(number)))
            if by_owner:
                return _pause(problem, until, remedy=_goes_on(until, problem.remedy), outage=number)
            outage = problem.model_copy(update={"errcode": None, "rid": None, "errmsg": _out(problem)})
            return _pause(outage, until, outage=number)
        if not asked_s:
            return current
        longer = {"until": asked_until, "probes": (), "remedy": _goes_on(asked_until)}
        return _later(current, current.model_copy(update=longer))

    def _change(self, change: Callable[[Pause | None], Pause | None]) -> Pause | None:
        """Change the pause as it is now; returns what is on afterwards, if it ends by itself."""
        for _ in range(_TRIES):
            current = self.pauses.current(Scope.ALL)
            after = change(current)
            if after == current or self.pauses.replace(Scope.ALL, current, after):
                return after if after is not None and after.is_timed else None
        return None


def _later(current: Pause | None, pause: Pause) -> Pause:
    """The pause that holds for longer; one whose probes are trying is over in any case."""
    if current is None:
        return pause
    if not current.is_timed or current.until is None or pause.until is None:
        return current
    if not current.probes and current.until >= pause.until:
        return current
    return pause.model_copy(update={"outage": max(current.outage, pause.outage)})


def _pause(problem: Problem, until: datetime, *, remedy: str = "", outage: int = 0) -> Pause:
    fields = problem.model_dump(exclude={"remedy", "step"})
    remedy = remedy or _goes_on(until)
    return Pause(**fields, step=Step.ENSURE_DOMAINS, remedy=remedy, until=until, is_timed=True, outage=outage)


def _goes_on(until: datetime, more: str = "") -> str:
    at = f"{until:%F %T}"
    return remedies.GOES_ON_AND_MORE(at=at, more=more) if more else remedies.GOES_ON(at=at)


def _out(problem: Problem) -> str:
    code = "" if problem.errcode is None else f"errcode {problem.errcode}: "
    return f"WeChat answers hardly any call of any Mini Program; the last one: {code}{problem.message}"
