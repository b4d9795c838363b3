"""Workers die or are told to stop."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, repeat
from pathlib import Path
from typing import Any

import redis

from releases.figures import UNACKNOWLEDGED
from tests.faults import stopping_worker
from tests.faults.dying_worker import Point
from tests.faults.fleet import WORKERS, Member
from tests.faults.piped_worker import COMMAND as PIPED
from tests.faults.world import GOES_ON_S, QUEUE, World
from tests.support.unacknowledged import let_messages_age

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
    """What a killed worker had goes on when its lease has ended, and is then worked off."""
    killed = time.monotonic()
    world.wait_until_ended()
    took = time.monotonic() - killed
    if took > GOES_ON_S + _WORKED_OFF_S:
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


def die_after_step(world: World) -> int:
    """Kill -9 when a step is done and the next one has not begun on its lease."""
    return _die_at(Point.AFTER_STEP, world)


def die_after_record(world: World) -> int:
    """Kill -9 when the record says that a message is sent, and it is not."""
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
    calls = world.calls()
    world.late = sum(_changed_late(calls, appid) for appid in world.appids)
    if world.late:
        world.notes.append(
            f"{world.late} calls that change something came after the submission of their release"
        )
    return len(stopping)


def _is_stopped(member: Member) -> bool:
    """Whether the process stands still, as the kernel says."""
    stat = Path(f"/proc/{member.worker.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def _changed_late(calls: list[dict[str, Any]], appid: str) -> int:
    """How many calls that change something reached WeChat after the submission, whatever it answered."""
    changing = [
        call
        for call in calls
        if call["appid"] == appid and call["endpoint"] in _CHANGING_CALLS and call["action"] != "get"
    ]
    submissions = [call["n"] for call in changing if call["endpoint"] == "submit_audit" and call["applied"]]
    return sum(call["n"] > min(submissions) for call in changing) if submissions else 0


def die_after_write(world: World) -> int:
    """Kill -9 right after a write of the record, whichever."""
    return _die_at(Point.AFTER_WRITE, world)


def die_by_name(world: World) -> int:
    """Kill -9 over requests by name, before the release is written and after; kombu gives them back later."""
    asked: dict[str, dict[str, Any]] = {}

    def ask(number: int | None) -> None:
        world.began = world.began or time.monotonic()
        for appid in world.appids[len(asked) :][:number]:
            request = world.platform.request(appid)
            asked[world.app.send_task("tasks.start_release", kwargs=request).id] = request

    died = _die(cycle((Point.BEFORE_REQUEST, Point.AFTER_REQUEST)), world, ask)
    with world.platform.redis() as client:
        world.wait(lambda: not client.llen(QUEUE), world.patience_s)
        world.wait_until_silent()
        came_again = int(client.hlen(UNACKNOWLEDGED))
        let_messages_age(client)
        world.wait(lambda: not client.llen(QUEUE) and not client.hlen(UNACKNOWLEDGED), world.patience_s)
        lost = [one for one in asked if not _release_of(client, one)]
        world.notes.append(f"{came_again} requests came again, and {len(lost)} were lost")
        # kombu takes a message and notes it in two commands; who dies in between loses it, one at a time.
        if len(lost) <= died:
            for one in lost:
                world.app.send_task("tasks.start_release", kwargs=asked[one], task_id=one)
            world.wait(lambda: all(_release_of(client, one) for one in lost), world.patience_s)
        world.accepted.extend(_release_of(client, one) for one in asked)
    return died


def _release_of(client: redis.Redis, request_id: str) -> str:
    """The release's id in a request's answer; empty where there is none, as if its release were lost."""
    answer = json.loads(str(client.get(f"celery-task-meta-{request_id}") or "{}"))
    return str(answer["result"]["release_id"]) if answer.get("status") == "SUCCESS" else ""


def _die_at(point: Point, world: World) -> int:
    return _die(repeat(point), world, world.feed)


def _die(points: Iterator[Point], world: World, feed: Callable[[int | None], None]) -> int:
    """One worker after the other dies there, beside one that lives."""
    world.fleet.stop(world.fleet.members[0])
    died = 0
    for turn in range(DEATHS):
        number = world.chance.randint(1, _MOST_PASSINGS)
        switch = world.fleet.command[-1:]
        command = (sys.executable, "-m", "tests.faults.dying_worker", next(points), str(number), *switch)
        dying = world.fleet.start(command=command)
        feed(None if turn == DEATHS - 1 else max(1, len(world.appids) // DEATHS))
        if world.wait(partial(_is_dead, dying), _DIES_WITHIN_S):
            died += world.fleet.bury()
        else:
            world.fleet.stop(dying)
    world.fleet.start()
    return died


def _is_dead(member: Member) -> bool:
    return not member.is_alive
