"""Redis goes away and comes back, or forgets its queue."""

import time
from functools import partial

from tests.faults.world import QUEUE, World
from tests.support.restartable_redis import RestartableRedis

RESTARTS = 4
AWAY_S = 30.0
DELETIONS = 6


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


def _server_of(world: World) -> RestartableRedis:
    assert isinstance(world.server, RestartableRedis)
    return world.server
