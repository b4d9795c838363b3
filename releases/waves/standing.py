"""What holds a wave's releases back, and how the wave stands in a word: pure functions of what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from releases import remedies
from releases.scope import Scope
from releases.states import AT_REST, Status
from releases.store.pauses import Pause
from releases.store.tally import WaveTally
from wechat.errcodes.table import Verdict, verdict_of

_BEHIND = "an older release of the Mini Program is under audit, approved or being published"
_SUBJECT = {Scope.ALL: "all releases", Scope.SUBMISSIONS: "submissions"}
#: Waits for these errcodes are long; others pass in seconds, and belong to a wave that runs.
_LONG = (Verdict.QUOTA, Verdict.SLOW_DOWN)


class State(StrEnum):
    """How a wave stands."""

    CANARY = "canary"  # its first releases run alone, the others wait for them
    RUNNING = "running"  # or would, where the platform is paused or a quota is used up
    BRAKED = "braked"  # stopped until a person resumes or cancels it; also while it is being cancelled
    OVER = "over"  # all its releases are at rest: submitted, cancelled, blocked or failed


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that holds releases back, and how many it has stopped so far; `why` says what `errcode` means."""

    why: str
    remedy: str
    releases: int
    errcode: int | None = None

    def __str__(self) -> str:
        return f"{self.releases} held back: {self.why}" if self.releases else self.why


def state_of(counts: Mapping[str, int], pause: Pause | None) -> State:
    """The state of a wave with these counts, while this pause of its own is on."""
    if sum(counts[status] for status in AT_REST) == sum(counts.values()):
        return State.OVER
    if pause is None:
        return State.RUNNING
    return State.CANARY if pause.canary else State.BRAKED


def in_force(counts: Mapping[str, int], pause: Pause | None) -> Pause | None:
    """The wave's own pause; a canary that was the whole wave and has ended holds nobody, until a worker lifts it."""
    is_spent = pause is not None and pause.canary and state_of(counts, pause) is State.OVER
    return None if is_spent else pause


def holds_of(tally: WaveTally, pause: Pause | None, platform: Mapping[Scope, Pause]) -> tuple[Hold, ...]:
    """What holds its releases back: its own pause, those of the platform that are on, quotas."""
    found = [] if pause is None else [Hold(pause.errmsg, pause.remedy, tally.waits.get("wave", 0))]
    found += [
        Hold(_why(scope, paused), paused.remedy, tally.waits.get(scope, 0))
        for scope, paused in platform.items()
    ]
    if tally.waits.get("time"):
        found.append(Hold("their time has not come", remedies.TIMES_COME(), tally.waits["time"]))
    behind = tally.waits.get("older", 0)
    if behind:
        found.append(Hold(_BEHIND, remedies.BEHIND_OLDER(), behind))
    rows = {verdict_of(int(what)): number for what, number in tally.waits.items() if what.isdecimal()}
    found += [
        Hold(f"{row.code} {row.meaning}", row.waiting, number, row.code)
        for row, number in rows.items()
        if row.verdict in _LONG
    ]
    return tuple(found)


def stands_still(counts: Mapping[str, int], state: State, holds: Sequence[Hold]) -> bool:
    """Whether nothing goes on in it any more: it is over, or braked and all others are held, by whatever.

    So it is after a canary after which a person is asked: `state` is that of a braked one then.
    """
    if state is State.BRAKED and not counts[Status.QUEUED] + counts[Status.RUNNING]:
        return sum(hold.releases for hold in holds) >= counts[Status.WAITING]
    return state is State.OVER


def _why(scope: Scope, pause: Pause) -> str:
    until = f" until {pause.until:%Y-%m-%d %H:%M} UTC" if pause.until else ""
    if pause.by_hand:
        return f"{_SUBJECT[scope]} {pause.errmsg}{until}"
    return f"{_SUBJECT[scope]} wait{until}: {pause.coded}"
