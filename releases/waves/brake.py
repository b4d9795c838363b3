"""When a wave stops by itself, and when it goes on after its canary: a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from pydantic import BaseModel, ConfigDict

from releases import remedies
from releases.record import Problem
from releases.states import AT_REST, SUBMITTED_ONCE, Status, Step
from releases.store.pauses import Pause
from releases.store.tally import WaveTally

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
    ran = sum(counts[status] for status in SUBMITTED_ONCE) + bad
    going_on = sum(counts.values()) - sum(counts[status] for status in AT_REST)
    if pause is None:
        of = max(started - counts[Status.CANCELLED], ran)
        if _too_many(bad, of, policy) and going_on and of >= max(JUDGED_FROM, policy.canary):
            return _stopped(name, f"wave {name} is braked: {_tally(counts, of, policy)}")
        return None
    return _of_canary(name, policy, counts, max(0, going_on - held)) if pause.canary else None


def judge_publications(
    name: str, policy: WavePolicy | None, tally: WaveTally, pause: Pause | None, broken: Problem | None
) -> Pause | None:
    """Hold a wave's publications against their policy; a pause is what brakes them, or asks a person after the canary.

    `broken` is what is wrong with one that is in the shop: that brakes at once, whatever the policy says.
    """
    if pause is not None and not pause.canary:
        return None
    if broken is not None:
        number = f"{tally.broken} of its releases {'is' if tally.broken == 1 else 'are'} live and broken"
        return _stopped_live(name, f"publications of wave {name} are braked: {number}: {broken.message}")
    if policy is None:
        return None
    started = (
        sum(tally.counts.values()) - tally.counts[Status.QUEUED] - tally.held - tally.waits.get("time", 0)
    )
    match judge(name, policy, tally.counts, pause, held=tally.held, started=started):
        case GoOn():
            return publication_canary(name, policy, went_well=True)
        case Pause() as stopped:
            return _stopped_live(
                name, stopped.errmsg.replace(f"wave {name} is", f"publications of wave {name} are", 1)
            )
    return None


def publication_canary(name: str, policy: WavePolicy, *, went_well: bool = False) -> Pause:
    """What the rest of a wave's publications waits for: the canary, and a person after that."""
    first = "first release" if policy.canary == 1 else f"first {policy.canary}"
    what = (
        f"its {first} went live well, and a person says whether the rest does"
        if went_well
        else (f"its {first} {'goes' if policy.canary == 1 else 'go'} live alone")
    )
    return Pause(
        step=Step.PUBLISH,
        errmsg=f"wave {name}: {what}",
        remedy=remedies.CANARY_LIVE(wave=quote(name)),
        canary=True,
        asks=went_well,
    )


def being_reverted(name: str) -> Pause:
    """What holds the publications of a wave that is taken back."""
    return _stopped_live(name, f"wave {name} is being taken back")


def _stopped_live(name: str, why: str) -> Pause:
    return Pause(step=Step.PUBLISH, errmsg=why, remedy=remedies.BRAKED_LIVE(wave=quote(name)))


def _of_canary(name: str, policy: WavePolicy, counts: Mapping[str, int], running: int) -> GoOn | Pause | None:
    bad = counts[Status.BLOCKED] + counts[Status.FAILED]
    ran = sum(counts[status] for status in SUBMITTED_ONCE) + bad
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
    ended = f"{blocked} of {of} ended blocked" if blocked else f"{failed} of {of} failed"
    more = f" and {failed} failed" if blocked and failed else ""
    return f"{ended}{more}, over the {policy.max_blocked:g} % allowed"


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
