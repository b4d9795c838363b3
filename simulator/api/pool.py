"""modify_wxa_server_domain: the platform's pool of server domains, published and in testing."""

from typing import Any

from simulator.api.endpoint import Call
from simulator.api.errors import WeChatError
from simulator.world.domains import MAX_TOTAL, is_host
from simulator.world.world import World

MAX_EDITS_A_MONTH = 50
SEPARATOR = ";"


def modify_wxa_server_domain(call: Call) -> dict[str, Any]:
    """Read or change the pool; a host must be in the published part before a Mini Program may use it."""
    action = call.body.get("action")
    if action == "get":
        return _pool(call.world, [])
    if action not in ("add", "delete", "set"):
        raise WeChatError(40097)
    together = call.body.get("is_modify_published_together") is True
    if together and not call.world.platform.is_published:
        raise WeChatError(61028)
    good, bad = _sent_hosts(call)
    if bad and not good:
        raise WeChatError(9410016, invalid_wxa_server_domain=SEPARATOR.join(bad))
    _spend_edit(call.world)
    _apply(call.world, action, good, together=together)
    return _pool(call.world, bad)


def _sent_hosts(call: Call) -> tuple[list[str], list[str]]:
    sent = call.body.get("wxa_server_domain", "")
    if not isinstance(sent, str):
        raise WeChatError(47001)
    hosts = [host.lower() for host in sent.split(SEPARATOR) if host]
    return [h for h in hosts if is_host(h)], [h for h in hosts if not is_host(h)]


def _spend_edit(world: World) -> None:
    if world.pool_month != world.clock.month():
        world.pool_month, world.platform.pool_edits = world.clock.month(), 0
    if world.platform.pool_edits >= MAX_EDITS_A_MONTH:
        raise WeChatError(45104)
    world.platform.pool_edits += 1


def _apply(world: World, action: str, hosts: list[str], *, together: bool) -> None:
    platform = world.platform
    testing = _changed(platform.testing, action, hosts)
    published = _changed(platform.published, action, hosts) if together else platform.published
    if max(len(testing), len(published)) > MAX_TOTAL:
        raise WeChatError(85016)
    platform.testing, platform.published = testing, published


def _changed(pool: list[str], action: str, hosts: list[str]) -> list[str]:
    if action == "delete":
        return [host for host in pool if host not in hosts]
    return list(dict.fromkeys([*pool, *hosts] if action == "add" else hosts))


def _pool(world: World, bad: list[str]) -> dict[str, Any]:
    platform = world.platform
    answer = {"testing_wxa_server_domain": SEPARATOR.join(platform.testing)}
    if platform.is_published:
        answer["published_wxa_server_domain"] = SEPARATOR.join(platform.published)
    if bad:
        answer["invalid_wxa_server_domain"] = SEPARATOR.join(bad)
    return answer
