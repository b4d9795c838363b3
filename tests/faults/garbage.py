"""What does not belong there is put on the queue: every worker has to survive it, and the wave to go on."""

import time

from tests.faults.world import QUEUE, World
from tests.support.garbage import GARBAGE, HARMLESS
from worker.celery_patches.set_aside import entries

#: So many items are pushed at once.
_HANDFUL = 5
#: A worker that an item ends, ends within so many seconds.
_FATAL_WITHIN_S = 1.0


def garbage(world: World) -> int:
    """A few items after the other, each while a portion of the wave is being worked on."""
    items = {**GARBAGE, **HARMLESS}
    names = list(items)
    handfuls = [names[start : start + _HANDFUL] for start in range(0, len(names), _HANDFUL)]
    for turn in world.in_portions(len(handfuls)):
        with world.platform.redis() as client:
            client.lpush(QUEUE, *(items[name] for name in handfuls[turn]))
        _survived(world, ", ".join(handfuls[turn]))
    world.wait_until_ended()
    world.wait_until_silent()
    _set_aside(world)
    return len(items)


def _survived(world: World, names: str) -> None:
    time.sleep(_FATAL_WITHIN_S)
    dead = world.fleet.bury()
    if dead:
        world.problems.append(f"{names}: {dead} workers ended")
        world.fleet.start(dead)


def _set_aside(world: World) -> None:
    """All of the garbage has to be there, and nothing else."""
    with world.platform.redis() as client:
        kept = {entry.raw for entry in entries(client)}
    lost = [name for name, item in GARBAGE.items() if item not in kept]
    strangers = len(kept - set(GARBAGE.values()))
    if lost:
        world.problems.append(f"not set aside: {', '.join(lost)}")
    if strangers:
        world.problems.append(f"{strangers} messages were set aside that should not have been")
