"""Redis goes away and comes back, or forgets its queue."""

import time
from functools import partial

from releases.states import GOING_ON, Status
from tests.faults.world import QUEUE, World
from tests.support.refusals import WAYS
from tests.support.restartable_redis import RestartableRedis

RESTARTS = 4
AWAY_S = 30.0
DELETIONS = 6
#: Redis refuses for so many seconds, at the least and at the most.
REFUSED_S = (2.0, 8.0)
#: After a refusal with nothing to do, each worker takes a message again within so many seconds.
WELL_WITHIN_S = 15.0


def restart(world: World) -> int:
    """Kill Redis and start it on its append-only file."""
    server = _server_of(world)
    for _ in world.in_portions(RESTARTS):
        server.restart()
    return RESTARTS


def away(world: World) -> int:
    """Redis is gone for 30 seconds in the middle of the wave."""
    world.feed()
    world.wait_for_share(1 / 4)
    server = _server_of(world)
    server.stop()
    time.sleep(AWAY_S)
    server.restart()
    return 1


def delete_queue(world: World) -> int:
    """Delete the queue, with whatever is in it: some of it just enqueued, some on its way between steps."""
    dropped = 0
    for turn in range(DELETIONS):
        world.feed(None if turn == DELETIONS - 1 else max(1, len(world.appids) // DELETIONS))
        with world.platform.redis() as client, client.pipeline() as pipe:
            world.wait(partial(client.llen, QUEUE), 1)
            pipe.llen(QUEUE)
            pipe.delete(QUEUE)
            dropped += pipe.execute()[0]
    world.notes.append(f"{dropped} messages were dropped")
    return DELETIONS


def refuse(world: World) -> int:
    """Redis refuses in each way it can, for 2 to 8 s: in the middle of a portion, and once more when all is quiet."""
    for turn in world.in_portions(len(WAYS)):
        with WAYS[turn](world.server):
            time.sleep(world.chance.uniform(*REFUSED_S))
        if not world.wait(partial(_moves, world, world.number_of(Status.SUBMITTED)), WELL_WITHIN_S):
            world.problems.append(f"nothing went on within {WELL_WITHIN_S:.0f} s of {WAYS[turn].__name__}")
    return len(WAYS)


def refuse_idle(world: World) -> int:
    """The same, while the workers have nothing to do; then comes a portion."""
    portion = max(1, len(world.appids) // len(WAYS))
    for turn, way in enumerate(WAYS):
        with way(world.server):
            time.sleep(world.chance.uniform(*REFUSED_S))
        before = world.number_of(Status.SUBMITTED)
        world.feed(None if turn == len(WAYS) - 1 else portion)
        if not world.wait(partial(_moves, world, before), WELL_WITHIN_S):
            world.problems.append(f"nothing was taken within {WELL_WITHIN_S:.0f} s of {way.__name__}")
            return turn + 1
        world.wait(lambda: not world.number_of(*GOING_ON), WELL_WITHIN_S)
    return len(WAYS)


def _moves(world: World, submitted: int) -> bool:
    """Whether more are submitted, or nothing is left to submit."""
    return world.number_of(Status.SUBMITTED) > submitted or not world.number_of(*GOING_ON)


def _server_of(world: World) -> RestartableRedis:
    assert isinstance(world.server, RestartableRedis)
    return world.server
