"""WeChat is out for a while: for every call, or for commits alone."""

import time
from typing import Any

from tests.faults.world import World

#: A tenth of real time, about: the waits of a step add up to between 14 and 28 seconds, a pause takes four at the most.
OUTAGE_ENVIRONMENT = {
    "MPRELEASE_RETRY__WAIT_INITIAL_S": "0.5",
    "MPRELEASE_RETRY__WAIT_MAX_S": "4",
}
#: Of the default settings.
DEFAULT_WAITS = {
    "MPRELEASE_RETRY__WAIT_INITIAL_S": "2",
    "MPRELEASE_RETRY__WAIT_MAX_S": "300",
}
#: Each half of an outage of everything takes so many seconds; together they outlast every budget.
_HALF_S = 20.0
_NO_COMMITS_S = 60.0


def outage(world: World) -> int:
    """In the middle of the wave no call is answered any more, and then each with -1: no person is needed, few calls are made."""
    world.feed()
    world.wait_for_share(1 / 10)
    hits = _meet(world, {"kind": "cut_before"}, _HALF_S) + _meet(
        world, {"kind": "errcode", "errcode": -1}, _HALF_S
    )
    world.notes.append(f"{hits} calls during the outage of {2 * _HALF_S:.0f} s")
    world.is_flooded = hits >= len(world.appids)
    if world.is_flooded:
        world.problems.append(f"{hits} calls went out while WeChat was out, for {len(world.appids)} releases")
    return hits


def no_commits(world: World) -> int:
    """Commits are answered by HTTP 503 for a minute, from the wave's beginning on."""
    fault = {"kind": "status", "status": 503, "endpoint": "commit"}
    world.feed()
    hits = _meet(world, fault, _NO_COMMITS_S)
    world.notes.append(f"{hits} commits during the outage of {_NO_COMMITS_S:.0f} s")
    return hits


def _meet(world: World, fault: dict[str, Any], seconds: float) -> int:
    """Let every such call meet the fault for so long; returns how many did."""
    before = _hits(world)
    world.platform.sim("POST", "faults", {**fault, "times": -1})
    time.sleep(seconds)
    world.platform.sim("DELETE", "faults")
    return _hits(world) - before


def _hits(world: World) -> int:
    return sum(call["fault"] is not None for call in world.calls())
