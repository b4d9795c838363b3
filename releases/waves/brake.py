"""When a wave stops by itself, and when it goes on after its canary: a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from pydantic import BaseModel, ConfigDict

from releases import remedies
from releases.states import AT_REST, Status, Step
from releases.store.pauses import Pause

#: Without a canary a wave is judged from so many started releases on: fewer say little.
JUDGED_FROM = 20
#: The bound of a wave with a canary, in per cent, where none is given.
DEFAULT_MAX_BLOCKED = 10.0


class WavePolicy(BaseModel):
    """What the operator says of a wave.

    The first `canary` releases run alone. The wave stops when more than `max_blocked` per cent of those that
    were started are blocked or failed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    canary: int = 0
    max_blocked: float


class GoOn:
    """The canary went well: the rest may run."""


def judge(
    name: str,
    policy: WavePolicy,
    counts: Mapping[str, int],
    pause: Pause | None,
    *,
    held: int,
    started: int,
) -> GoOn | Pause | None:
    """Hold a wave's counts against its policy; a pause is what brakes it.

    `held` of its releases wait for the pause that is on, and `started` have been worked on: a block at the first step
    is there in seconds and a submission takes minutes, so those that ended say too little of the others.
    """
    bad = counts[Status.BLOCKED] + counts[Status.FAILED]
    ran = counts[Status.SUBMITTED] + bad
    going_on = sum(counts.values()) - sum(counts[status] for status in AT_REST)
    if pause is None:
        of = max(started - counts[Status.CANCELLED], ran)
        if _too_many(bad, of, policy) and going_on and of >= max(JUDGED_FROM, policy.canary):
            return _stopped(name, f"wave {name} is braked: {_tally(counts, of, policy)}")
        return None
    return _of_canary(name, policy, counts, max(0, going_on - held)) if pause.canary else None


def _of_canary(name: str, policy: WavePolicy, counts: Mapping[str, int], running: int) -> GoOn | Pause | None:
    bad = counts[Status.BLOCKED] + counts[Status.FAILED]
    ran = counts[Status.SUBMITTED] + bad
    # Too many of all: those that still run can't change that, however well they end.
    if _too_many(bad, ran + running, policy):
        of_canary = _tally(counts, ran + running, policy)
        return _stopped(name, f"wave {name} is braked: of its canary {of_canary}")
    if running:
        return None
    if not ran:
        return _stopped(name, f"wave {name} is braked: no release of its canary ran to an end")
    return GoOn()


def _too_many(bad: int, of: int, policy: WavePolicy) -> bool:
    return bad * 100 > policy.max_blocked * of


def _tally(counts: Mapping[str, int], of: int, policy: WavePolicy) -> str:
    blocked, failed = counts[Status.BLOCKED], counts[Status.FAILED]
    return f"{blocked} of {of} ended blocked and {failed} failed, over the {policy.max_blocked:g} % allowed"


def canary_pause(name: str, policy: WavePolicy) -> Pause:
    """What the rest of a wave waits for at first."""
    one = policy.canary == 1
    first = "the first release runs alone" if one else f"the first {policy.canary} run alone"
    goes_on = remedies.CANARY_OF_ONE if one else remedies.CANARY
    return Pause(
        step=Step.ENSURE_DOMAINS,
        errmsg=f"wave {name}: {first}",
        remedy=goes_on(percent=f"{policy.max_blocked:g}"),
        canary=True,
    )


def _stopped(name: str, why: str) -> Pause:
    return Pause(
        step=Step.ENSURE_DOMAINS,
        errmsg=why,
        remedy=remedies.BRAKED(wave=quote(name)),
    )
