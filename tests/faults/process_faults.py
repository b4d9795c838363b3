"""Workers die or are told to stop."""

import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults import stopping_worker
from tests.faults.dying_worker import Point
from tests.faults.fleet import WORKERS, Member
from tests.faults.piped_worker import COMMAND as PIPED
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
#: Workers that are to stop in the middle of a call do so within so many seconds.
_STOPPED_WITHIN_S = 30.0
#: A lease lasts 20 s longer than a step may.
_SHORT_LEASE = {"MPRELEASE_WORKER__STEP_DEADLINE_S": "4"}
_CHANGING_CALLS = ("modify_domain", "commit", "submit_audit")


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
    return _restart_all(world)


def closed_pipe(world: World) -> int:
    """The same with workers whose log goes into a pipe that nobody reads any more."""
    world.fleet.start(WORKERS, PIPED)
    for member in world.fleet.members[:WORKERS]:
        world.fleet.stop(member)
    return _restart_all(world, PIPED)


def _restart_all(world: World, command: Sequence[str] = ()) -> int:
    took = []
    for _ in world.in_portions(ROLLING_RESTARTS):
        took.append(world.fleet.stop(world.fleet.members[0]))
        world.fleet.start(command=command)
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


def stop_around_calls(world: World) -> int:
    """SIGSTOP around each kind of call; others do the work after the lease, then the stopped ones go on."""
    for member in list(world.fleet.members):
        world.fleet.stop(member)
    switch = world.fleet.command[-1:]
    stopping = [
        world.fleet.start(
            command=(sys.executable, "-m", "tests.faults.stopping_worker", point, endpoint, *switch),
            environment=_SHORT_LEASE,
        )
        for endpoint in _CHANGING_CALLS
        for point in stopping_worker.Point
    ]
    world.feed()
    try:
        for member in stopping:
            if not world.wait(partial(_is_stopped, member), _STOPPED_WITHIN_S):
                world.problems.append("a worker passed no point at which it was to stop")
        world.fleet.start(WORKERS, environment=_SHORT_LEASE)
        world.wait_until_ended()
    finally:
        for member in stopping:
            member.worker.process.send_signal(signal.SIGCONT)
    for member in stopping:
        world.fleet.stop(member)
    late = sum(_committed_late(world.calls(), appid) for appid in world.appids)
    if late:
        world.problems.append(f"{late} commits were applied after the submission of their release")
    return len(stopping)


def _is_stopped(member: Member) -> bool:
    """Whether the process stands still, as the kernel says."""
    stat = Path(f"/proc/{member.worker.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def _committed_late(calls: list[dict[str, Any]], appid: str) -> int:
    applied = [call for call in calls if call["appid"] == appid and call["applied"]]
    submitted = min((call["n"] for call in applied if call["endpoint"] == "submit_audit"), default=None)
    return sum(
        call["endpoint"] == "commit" and submitted is not None and call["n"] > submitted for call in applied
    )


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
