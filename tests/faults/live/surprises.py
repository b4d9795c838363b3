"""What is not as it was when a release was approved; an answer that is lost; and all audits decided in one moment."""

from typing import Any

from releases.record import Release
from releases.states import Status, Step
from tests.faults.live.stages import (
    THEIRS,
    approve,
    expect,
    have_an_earlier_version,
    order,
    others,
    revert,
)
from tests.faults.world import World

RELEASES = 60
AT_ONCE = 200
#: Of so many WeChat pushes nothing: they are found by the look that is due.
_UNPUSHED = 20
_HOST = "ws.example.com"
_REVERT = "revertcoderelease"


def pool_loses_host(world: World) -> int:
    """The platform's pool loses a host after the approval: nothing is published, and all is when it is back and resumed."""
    expect(world, Status.LIVE, world.appids, releases=1)
    approve(world)
    world.platform.sim("POST", "pool", {"drop": [_HOST]})
    order(world, world.accepted)
    world.wait_until_ended()
    stopped = [found for found in world.records() if found is not None and _names_the_host(found)]
    world.done_wrongly += world.effects("release")
    world.platform.sim("POST", "pool", {"add": [_HOST]})
    for release in stopped:
        world.app.services.releases.resume(release.id)
    if len(stopped) < len(world.appids):
        world.problems.append(f"{len(world.appids) - len(stopped)} were not blocked for the host by name")
    return 1


def _names_the_host(release: Release) -> bool:
    block = release.block
    is_held_back = release.status is Status.BLOCKED and release.step is Step.PUBLISH
    return bool(is_held_back and block and block.domains and _HOST in str(block.domains))


def others_pass(world: World) -> int:
    """After the approval somebody else's version passes, or goes live, or ours is published by somebody else."""
    third = len(world.appids) // 3
    passed, live, ours = world.appids[:third], world.appids[third : 2 * third], world.appids[2 * third :]
    expect(world, Status.BLOCKED, [*passed, *live], releases=0)
    expect(world, Status.LIVE, ours, releases=0)
    approve(world)
    others(world, passed, user_version=THEIRS, up_to="passed")
    others(world, live, user_version=THEIRS)
    others(world, ours)
    order(world, world.accepted)
    world.wait_until_ended()
    return len(world.appids)


def cut_after_published(world: World) -> int:
    """The connection is cut after the release, and after the revert, were applied: once for every release."""
    expect(world, Status.REVERTED, world.appids, releases=1, reverts=1)
    have_an_earlier_version(world)
    approve(world)
    # Of two calls for the way back the first only lists the versions.
    faults: list[dict[str, Any]] = [{"endpoint": "release"}, {"endpoint": _REVERT, "skip": 1}]
    world.platform.sim(
        "POST",
        "faults",
        [{**fault, "appid": appid, "kind": "cut_after"} for appid in world.appids for fault in faults],
    )
    order(world, world.accepted)
    world.wait_until_ended()
    is_live = [found.id for found in world.records() if found is not None and found.status is Status.LIVE]
    revert(world, is_live)
    world.wait_until_ended()
    return sum(call["fault"] is not None for call in world.calls())


def decided_at_once(world: World) -> int:
    """All audits are decided at once; half of the releases are to be published at that, and the others only when ordered."""
    half = len(world.appids) // 2
    expect(world, Status.LIVE, world.appids[:half], releases=1)
    expect(world, Status.APPROVED, world.appids[half:], releases=0)
    world.fields = {"publish": "auto"}
    world.feed(half)
    world.fields = {}
    approve(world, unpushed=min(_UNPUSHED, half))
    world.wait_until_ended()
    return len(world.appids)
