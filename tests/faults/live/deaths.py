"""Workers die at each point of a publication, and of its way back."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from releases.record import NOBODY
from releases.states import Status
from tests.faults.dying_worker import Point
from tests.faults.live.stages import approve, expect, have_an_earlier_version, order, revert
from tests.faults.world import World

RELEASES = 48
#: A lease lasts 20 s longer than a step may.
ENVIRONMENT = {"MPRELEASE_WORKER__STEP_DEADLINE_S": "4"}
WAVE = "opening night"
#: The point where a message is noted as sent comes later, and alone: workers send what is due, whichever looks first.
_PUBLISHING = (Point.BEFORE_LIVE_CALL, Point.AFTER_LIVE_CALL, Point.AFTER_STEP, Point.AFTER_WRITE)
_TAKING_BACK = (Point.BEFORE_LIVE_CALL, Point.AFTER_LIVE_CALL, Point.AFTER_WRITE)
_MOST_PASSINGS = 3
#: A message that a worker took and that died over another is found after ten seconds.
_DIES_WITHIN_S = 20.0
#: What was intended to be taken back, and does not show, is sent again after a minute of WeChat's time.
_A_MINUTE_S = 61


def die_publishing(world: World) -> int:
    """Kill -9 at each point of publish and verify_live: of half of the releases by a wave's order, of half by one of their own."""
    expect(world, Status.LIVE, world.appids, releases=1)
    of_wave = _feed_half_as_wave(world)
    approve(world)
    _have_none(world)
    died = _die_at(world, _PUBLISHING, lambda: order(world, world.accepted[of_wave:]))
    died += _die_at(world, [Point.AFTER_RECORD], partial(_publish_wave, world))
    return _all_of_them(world, died, 1 + len(_PUBLISHING))


def die_taking_back(world: World) -> int:
    """The same of revert; each Mini Program had an earlier version."""
    expect(world, Status.REVERTED, world.appids, releases=1, reverts=1)
    have_an_earlier_version(world)
    world.fields = {"publish": "auto"}
    of_wave = _feed_half_as_wave(world)
    approve(world)
    world.wait_until_ended()
    _have_none(world)
    died = _die_at(world, _TAKING_BACK, lambda: revert(world, world.accepted[of_wave:]))
    died += _die_at(world, [Point.AFTER_RECORD], partial(_revert_wave, world))
    world.platform.sim("POST", "clock", {"advance_s": _A_MINUTE_S})
    return _all_of_them(world, died, 1 + len(_TAKING_BACK))


def _feed_half_as_wave(world: World) -> int:
    half, fields = len(world.appids) // 2, world.fields
    world.fields = {**fields, "wave": WAVE}
    world.feed(half)
    world.fields = fields
    return half


def _publish_wave(world: World) -> None:
    world.app.services.orders.publish_wave(WAVE, NOBODY)


def _revert_wave(world: World) -> None:
    world.app.services.orders.revert_wave(WAVE, NOBODY)


def _have_none(world: World) -> None:
    for member in list(world.fleet.members):
        world.fleet.stop(member)


def _die_at(world: World, points: Sequence[Point], give_orders: Callable[[], None]) -> int:
    """Workers that are to die there have the orders to themselves until the last of them has; returns how many died."""
    switch = world.fleet.command[-1:]
    commands = [
        (sys.executable, "-m", "tests.faults.dying_worker", point, str(_passing(world, point)), *switch)
        for point in points
    ]
    with ThreadPoolExecutor(len(commands)) as pool:
        list(pool.map(lambda command: world.fleet.start(command=command), commands))
    give_orders()
    world.wait(lambda: not any(member.is_alive for member in world.fleet.members), _DIES_WITHIN_S)
    died = world.fleet.bury()
    _have_none(world)
    return died


def _passing(world: World, point: Point) -> int:
    """At which passing; the first end of a step is that of publish, before verify_live."""
    return 1 if point is Point.AFTER_STEP else world.chance.randint(1, _MOST_PASSINGS)


def _all_of_them(world: World, died: int, wanted: int) -> int:
    if died < wanted:
        world.problems.append(f"only {died} of {wanted} workers passed the point at which they were to die")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: world.fleet.start(), range(2)))
    world.wait_until_ended()
    return died
