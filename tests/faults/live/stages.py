"""Brings a wave as far as a row of the second half needs it."""

from collections.abc import Iterable
from typing import Any

from releases.states import Status
from tests.faults.world import World
from wechat.push.inbox import LOOKS

#: What was in the shop before, and what somebody else brings there.
EARLIER, THEIRS = "0.9", "9.9.9"
_LOOKS_LANE = "releases:due:looks"
_PASSED = 0


def have_an_earlier_version(world: World) -> None:
    """Each Mini Program has a version in the shop, to which it can be taken back."""
    others(world, world.appids, user_version=EARLIER)


def others(world: World, appids: Iterable[str], **what: Any) -> None:
    """Let somebody else bring a version of each somewhere."""
    wanted = [{"appid": appid, **what} for appid in appids]
    done = world.platform.sim("POST", "others", wanted)
    if "user_version" in what:
        world.theirs.update(one["auditid"] for one in done)


def approve(world: World, unpushed: int = 0) -> None:
    """Have the rest of the wave submitted; all audits pass at once, and WeChat pushes all but so many, which are due for a look."""
    world.feed()
    world.wait_until_ended()
    world.platform.sim("POST", "audits", {"status": _PASSED})
    pushed = len(world.appids) - unpushed
    inbox, now = world.app.services.wechat.inbox, world.app.services.now().timestamp()
    with world.platform.redis() as client:
        if unpushed:
            client.zadd(_LOOKS_LANE, dict.fromkeys(world.accepted[pushed:], 0), xx=True)
        for appid in world.appids[:pushed]:
            inbox.mark("weapp_audit_success", LOOKS, appid, now)
    if not world.wait(lambda: not world.number_of(Status.SUBMITTED), world.patience_s):
        world.problems.append("an audit that was decided was not noticed")


def order(world: World, releases: Iterable[str]) -> None:
    """Order each of these to go live."""
    for release_id in releases:
        world.app.services.publications.order(release_id)


def revert(world: World, releases: Iterable[str]) -> None:
    """Order each of these to be taken back."""
    for release_id in releases:
        world.app.services.publications.revert(release_id)


def expect(world: World, status: Status, appids: Iterable[str], *, releases: int, reverts: int = 0) -> None:
    """These are to end so, and to have been published and taken back so often."""
    for appid in appids:
        world.ends[appid] = status
        world.wanted[appid] = {"release": releases, "revertcoderelease": reverts}
