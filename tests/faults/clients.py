"""Many clients enqueue the same release at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from releases.errors import ReleaseConflict
from releases.request import parse_request
from tests.faults.world import World, app_on
from worker.app import ReleaseCelery

CLIENTS = 100


def many_clients(world: World) -> int:
    """A hundred clients, each with connections of its own, enqueue each release at once."""
    apps = [app_on(world.server) for _ in range(CLIENTS)]
    for app in apps:
        app.services.store.get("")  # connected before it counts
    together = threading.Barrier(CLIENTS)
    world.feed(0)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for appid in world.still_to_feed:
            answers = list(pool.map(lambda app, appid=appid: _enqueue(world, app, appid, together), apps))
            _judge(world, appid, answers)
    return CLIENTS * len(world.appids)


def _enqueue(world: World, app: ReleaseCelery, appid: str, together: threading.Barrier) -> tuple[str, bool]:
    request = parse_request(world.platform.request(appid))
    together.wait(60)
    try:
        enqueued = app.services.releases.enqueue(request)
    except ReleaseConflict as conflict:
        return str(conflict), False
    return enqueued.release.id, enqueued.created


def _judge(world: World, appid: str, answers: list[tuple[str, bool]]) -> None:
    ids = {release_id for release_id, _ in answers}
    created = sum(was_created for _, was_created in answers)
    world.accepted.append(next(release_id for release_id, _ in answers))
    if len(ids) != 1 or created != 1:
        world.problems.append(f"{appid}: {len(ids)} answers, {created} created")
