"""The platform's two pools, of server domains and of business domains; each has a part that is published, and one in testing."""

from dataclasses import dataclass
from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.domains import MAX_TOTAL, is_host
from simulator.world.world import World

MAX_EDITS_A_MONTH = 50
SEPARATOR = ";"


@dataclass(slots=True, frozen=True)
class Pool:
    """One of them: how it is called in bodies, how many hosts it takes, and the platform's fields that hold it."""

    name: str
    most: int
    published: str
    testing: str
    edits: str


SERVER = Pool("wxa_server_domain", MAX_TOTAL, "published", "testing", "pool_edits")
WEBVIEW = Pool("wxa_jump_h5_domain", 300, "webview_published", "webview_testing", "webview_pool_edits")


def modify_wxa_server_domain(call: Call) -> dict[str, Any]:
    """Read or change the hosts that Mini Programs may call."""
    return _modify(call, SERVER)


def modify_wxa_jump_domain(call: Call) -> dict[str, Any]:
    """Read or change the hosts whose pages Mini Programs may show."""
    return _modify(call, WEBVIEW)


def _modify(call: Call, pool: Pool) -> dict[str, Any]:
    """Read or change a pool; a host must be in the published part before a Mini Program may use it."""
    action = call.body.get("action")
    if action == "get":
        return _answer(call.world, pool, [])
    if action not in ("add", "delete", "set"):
        raise WeChatError(40097)
    together = call.body.get("is_modify_published_together") is True
    if together and not call.world.platform.is_published:
        raise WeChatError(61028)
    good, bad = _sent_hosts(call, pool)
    if bad and not good:
        raise WeChatError(9410016, **{f"invalid_{pool.name}": SEPARATOR.join(bad)})
    _spend_edit(call.world, pool)
    _apply(call.world, pool, action, good, together=together)
    return _answer(call.world, pool, bad)


def _sent_hosts(call: Call, pool: Pool) -> tuple[list[str], list[str]]:
    sent = call.body.get(pool.name, "")
    if not isinstance(sent, str):
        raise WeChatError(47001)
    hosts = [host.lower() for host in sent.split(SEPARATOR) if host]
    return [h for h in hosts if is_host(h)], [h for h in hosts if not is_host(h)]


def _spend_edit(world: World, pool: Pool) -> None:
    platform = world.platform
    if world.pool_month != world.clock.month():
        world.pool_month, platform.pool_edits, platform.webview_pool_edits = world.clock.month(), 0, 0
    if getattr(platform, pool.edits) >= MAX_EDITS_A_MONTH:
        raise WeChatError(45104)
    setattr(platform, pool.edits, getattr(platform, pool.edits) + 1)


def _apply(world: World, pool: Pool, action: str, hosts: list[str], *, together: bool) -> None:
    changed = {
        part: _changed(getattr(world.platform, part), action, hosts)
        for part in (pool.testing, pool.published)
        if part == pool.testing or together
    }
    if max(map(len, changed.values())) > pool.most:
        raise WeChatError(85016)
    for part, left in changed.items():
        setattr(world.platform, part, left)


def _changed(present: list[str], action: str, hosts: list[str]) -> list[str]:
    if action == "delete":
        return [host for host in present if host not in hosts]
    return list(dict.fromkeys([*present, *hosts] if action == "add" else hosts))


def _answer(world: World, pool: Pool, bad: list[str]) -> dict[str, Any]:
    answer = {f"testing_{pool.name}": SEPARATOR.join(getattr(world.platform, pool.testing))}
    if world.platform.is_published:
        answer[f"published_{pool.name}"] = SEPARATOR.join(getattr(world.platform, pool.published))
    if bad:
        answer[f"invalid_{pool.name}"] = SEPARATOR.join(bad)
    return answer
