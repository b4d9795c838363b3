"""Workers die or are told to stop."""

import sys
import time
from functools import partial

from tests.faults.dying_worker import Point
from tests.faults.fleet import WORKERS, Member
from tests.faults.world import REDELIVERED_S, World

KILLS = 10
KILLS_OF_ALL = 4
ROLLING_RESTARTS = 8
DEATHS = 10
#: A worker that is to die passes its point so often at the most before it does.
_MOST_PASSINGS = 3
_DIES_WITHIN_S = 6.0
#: A step's deadline, and what a worker takes to end after it.
_STOPS_WITHIN_S = 20.0
#: What came back last is worked off in so many seconds.
_WORKED_OFF_S = 10.0


def kill_one(world: World) -> int:
    """Kill -9 of a worker at random; a new one takes its place."""
    for _ in world.in_portions(KILLS):
        world.fleet.kill(world.chance.choice(world.fleet.members))
        world.fleet.start()
    _comes_back_in_time(world)
    return KILLS


def kill_all(world: World) -> int:
    """Kill -9 of all workers; new ones take their place."""
    for _ in world.in_portions(KILLS_OF_ALL):
        world.fleet.kill(*world.fleet.members)
        world.fleet.start(WORKERS)
    _comes_back_in_time(world)
    return KILLS_OF_ALL


def _comes_back_in_time(world: World) -> None:
    """What a killed worker had taken is back after the visibility timeout and a sweep, and then worked off."""
    killed = time.monotonic()
    world.wait_until_ended()
    took = time.monotonic() - killed
    if took > REDELIVERED_S + _WORKED_OFF_S:
        world.problems.append(f"{took:.0f} s from the last kill to the end: a release was kept for too long")


def rolling_restart(world: World) -> int:
    """SIGTERM to the oldest worker; a new one takes its place."""
    took = []
    for _ in world.in_portions(ROLLING_RESTARTS):
        took.append(world.fleet.stop(world.fleet.members[0]))
        world.fleet.start()
    world.notes.append(f"the slowest stop took {max(took):.1f} s")
    if max(took) > _STOPS_WITHIN_S:
        world.problems.append(f"a stop took {max(took):.0f} s, beyond a step's deadline")
    return ROLLING_RESTARTS


def die_before_call(world: World) -> int:
    """Kill -9 when the intent is written and the call is not sent."""
    return _die_at(Point.BEFORE_CALL, world)


def die_after_call(world: World) -> int:
    """Kill -9 when WeChat has applied the call and the record does not say so."""
    return _die_at(Point.AFTER_CALL, world)


def die_after_record(world: World) -> int:
    """Kill -9 when the record is written and the next message is not sent."""
    return _die_at(Point.AFTER_RECORD, world)


def die_before_result(world: World) -> int:
    """Kill -9 when the record says that the release is submitted, and its result is not stored."""
    return _die_at(Point.BEFORE_RESULT, world)


def _die_at(point: Point, world: World) -> int:
    """One worker after the other dies there, beside one that lives."""
    world.fleet.stop(world.fleet.members[0])
    died = 0
    for turn in range(DEATHS):
        number = world.chance.randint(1, _MOST_PASSINGS)
        command = (sys.executable, "-m", "tests.faults.dying_worker", point, str(number))
        dying = world.fleet.start(command=command)
        world.feed(None if turn == DEATHS - 1 else max(1, len(world.appids) // DEATHS))
        if world.wait(partial(_is_dead, dying), _DIES_WITHIN_S):
            died += world.fleet.bury()
        else:
            world.fleet.stop(dying)
    world.fleet.start()
    return died


def _is_dead(member: Member) -> bool:
    return not member.is_alive
