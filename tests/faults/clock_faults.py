"""The clock of a worker is wrong: from its start, or it jumps while it works."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.faults.shifted_clock import HOUR_S, ShiftedClock
from tests.faults.world import World
from tests.support.workers import Worker

#: The clock jumps away, back, and away again; wrong is how the wave ends.
JUMPS = 5
#: A worker says within so many seconds what has become of its clock: it looks every two.
_SAYS_WITHIN_S = 8.0
STOPPED = "no message is taken"
GOES_ON = "agrees with Redis' again"
#: So slow that many messages are unacknowledged whenever kombu looks for those to give back.
_SLOW: dict[str, Any] = {"endpoint": "commit", "kind": "delay_before", "seconds": 0.8, "times": -1}
#: Each release takes one message, and one more for the countdown that it is made to wait once; a few come again
#: when the worker that has just stopped puts them back. One kombu that gives back others' messages adds far more.
MOST_PER_RELEASE = 3.0


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
        what, number = (STOPPED if is_wrong else GOES_ON), turn // 2 + 1
        if not world.wait(partial(_says, jumping, what, number), _SAYS_WITHIN_S):
            world.problems.append(f"jump {turn + 1}: the worker did not say: {what}")
    world.wait_until_ended()
    world.wait_until_silent()
    _judge(world, [right, ahead, jumping])
    return 1 + JUMPS


def _waits_once(appid: str) -> dict[str, Any]:
    """The first submission is answered by: the privacy scan is not done."""
    return {"appid": appid, "endpoint": "submit_audit", "kind": "errcode", "errcode": 61039}


def _judge(world: World, workers: list[Worker]) -> None:
    taken = [worker.text().count(" received") for worker in workers]
    ran = sum(sum(found.attempts.values()) for found in world.records() if found is not None)
    each = sum(taken) / len(world.accepted)
    world.is_flooded = each > MOST_PER_RELEASE
    told = world.problems if world.is_flooded else world.notes
    told.append(
        f"{each:.2f} messages per release (the bound is {MOST_PER_RELEASE:g}), {ran / len(world.accepted):.2f} of them "
        f"attempts; the worker that is right took {taken[0]}, the one ahead {taken[1]}, the jumping one {taken[2]}"
    )
    if not _says(workers[1], STOPPED, 1):
        world.problems.append("the worker that started an hour ahead did not say so")
    if taken[1]:
        world.problems.append(f"the worker that started an hour ahead took {taken[1]} messages")
    taken_wrongly = sum(1 for _ in _taken_while_stopped(workers[2]))
    if taken_wrongly:
        world.problems.append(
            f"{taken_wrongly} messages were taken by a worker that had said that it takes none"
        )


def _taken_while_stopped(worker: Worker) -> Iterator[str]:
    is_stopped = False
    for line in worker.text().splitlines():
        if STOPPED in line or GOES_ON in line:
            is_stopped = STOPPED in line
        elif is_stopped and " received" in line:
            yield line


def _says(worker: Worker, what: str, number: int) -> bool:
    return worker.text().count(what) >= number
