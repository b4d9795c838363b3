"""The clock of a worker is wrong: from its start, or it jumps while it works."""

from typing import Any

from tests.faults.shifted_clock import HOUR_S, ShiftedClock
from tests.faults.world import World
from tests.support.workers import Worker

#: The clock jumps away, back, and away again; wrong is how the wave ends.
JUMPS = 5
#: So slow that many messages are unacknowledged whenever kombu looks for those to give back.
_SLOW: dict[str, Any] = {"endpoint": "commit", "kind": "delay_before", "seconds": 0.8, "times": -1}
#: Each release takes one message, and one more for the wait that it is made to make once. One kombu that gives back others'
#: messages adds more.
MOST_PER_RELEASE = 2.2
#: Times are those of Redis, which agrees with this process.
_OFF_S = 60.0


def wrong_clock(world: World) -> int:
    """Of three workers one is an hour ahead all the time, and one jumps an hour ahead, or behind, and back."""
    world.platform.sim("POST", "faults", [_SLOW, *map(_waits_once, world.appids)])
    directory = world.platform.directory
    clocks = ShiftedClock(directory / "ahead", HOUR_S), ShiftedClock(directory / "jumping")
    world.fleet.stop(world.fleet.members[-1])
    right = world.fleet.members[0].worker
    ahead, jumping = (world.fleet.start(environment=clock.environment).worker for clock in clocks)
    for turn in world.in_portions(JUMPS):
        is_wrong = turn % 2 == 0
        clocks[1].set(world.chance.choice((-1, 1)) * HOUR_S if is_wrong else 0)
    world.wait_until_ended()
    world.wait_until_silent()
    _judge(world, [right, ahead, jumping])
    return 1 + JUMPS


def _waits_once(appid: str) -> dict[str, Any]:
    """The first submission is answered by: the privacy scan is not done."""
    return {"appid": appid, "endpoint": "submit_audit", "kind": "errcode", "errcode": 61039}


def _judge(world: World, workers: list[Worker]) -> None:
    taken = [worker.text().count(" received") for worker in workers]
    records = [found for found in world.records() if found is not None]
    each = sum(taken) / len(world.accepted)
    world.is_flooded = each > MOST_PER_RELEASE
    told = world.problems if world.is_flooded else world.notes
    told.append(
        f"{each:.2f} messages per release (the bound is {MOST_PER_RELEASE:g}); "
        f"the worker that is right took {taken[0]}, the one ahead {taken[1]}, the jumping one {taken[2]}"
    )
    if not all(taken):
        world.problems.append("a worker took no message")
    newest = max(found.created_at for found in records)
    off = [abs((event.time - newest).total_seconds()) for found in records for event in found.history]
    if max(off) > _OFF_S:
        world.problems.append(f"a time in a history is {max(off):.0f} s off")
