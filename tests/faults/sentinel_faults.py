"""The master is lost, and Sentinel makes one of its replicas the master."""

import signal
import threading
import time

import redis
from kombu.exceptions import OperationalError

from releases.request import parse_request
from releases.states import Status
from tests.faults.world import World
from tests.support.sentinels import Sentinels

FAILOVERS = 6
#: Between two releases of the client that goes on enqueueing: it lasts into the failover.
_PACE_S = 0.05
#: What was not accepted is asked for again after so long.
_AGAIN_AFTER_S = 0.2
#: A portion that is not accepted within so many seconds never will be.
_ACCEPTED_WITHIN_S = 90.0


def fail_over(world: World) -> int:
    """Lose the master while a client enqueues: killed, or stopped and let go on when it has been replaced."""
    servers = _servers_of(world)
    portion = -(-len(world.appids) // FAILOVERS)
    refused: list[str] = []
    for turn in range(FAILOVERS):
        client = threading.Thread(target=_enqueue, args=(world, portion, refused), daemon=True)
        client.start()
        world.wait(lambda: world.number_of(Status.RUNNING), 10)
        time.sleep(world.chance.uniform(0, 0.5))
        (_kill if turn % 2 else _stop)(world, servers)
        client.join(_ACCEPTED_WITHIN_S)
        if client.is_alive():
            world.problems.append(
                f"a client could not enqueue for {_ACCEPTED_WITHIN_S:.0f} s after a failover"
            )
            break
    kinds = ", ".join(f"{refused.count(kind)} x {kind}" for kind in sorted(set(refused)))
    world.notes.append(f"not accepted and asked for again: {kinds or 'none'}")
    return FAILOVERS


def _enqueue(world: World, portion: int, refused: list[str]) -> None:
    """Enqueue a portion of the wave; whatever is not accepted is asked for again."""
    world.began = world.began or time.monotonic()
    for appid in world.still_to_feed[:portion]:
        request = parse_request(world.platform.request(appid))
        while True:
            try:
                enqueued = world.app.services.releases.enqueue(request)
            except (redis.RedisError, OperationalError) as error:
                refused.append(type(error).__name__)
                time.sleep(_AGAIN_AFTER_S)
            else:
                world.accepted.append(enqueued.release.id)
                break
        time.sleep(_PACE_S)


def _kill(world: World, servers: Sentinels) -> None:
    """Kill -9 of the master; it comes back as a replica."""
    lost = servers.master
    lost.kill()
    servers.wait_for_another_master(lost)
    servers.rejoin(lost)
    servers.wait_until_whole()


def _stop(world: World, servers: Sentinels) -> None:
    """Stop the master, and let it go on when another is: it takes writes until a Sentinel tells it what it is."""
    lost = servers.master
    lost.signal(signal.SIGSTOP)
    servers.wait_for_another_master(lost)
    time.sleep(world.chance.uniform(0, 1))
    lost.signal(signal.SIGCONT)
    servers.wait_until_whole()


def _servers_of(world: World) -> Sentinels:
    assert isinstance(world.server, Sentinels)
    return world.server
