"""Hosts that come and go by hand: in the platform's pools, and in what a Mini Program has."""

from typing import Any

from simulator.control.order import Order, mini_of
from simulator.control.patching import Setter, checked, hosts, one_of
from simulator.world.domains import host_of, without
from simulator.world.world import World

_POOL: dict[str, Setter] = {"kind": one_of("server", "webview"), "drop": hosts, "add": hosts}


def change_pool(world: World, order: Order) -> Any:
    """Take hosts out of a pool, or put them in: the published part and the one in testing."""
    wanted = {"kind": "server", "drop": [], "add": [], **checked(order.fields, _POOL)}
    prefix = "" if wanted["kind"] == "server" else "webview_"
    for part in (f"{prefix}published", f"{prefix}testing"):
        left = [host for host in getattr(world.platform, part) if host not in wanted["drop"]]
        setattr(world.platform, part, list(dict.fromkeys([*left, *wanted["add"]])))
    return {part: getattr(world.platform, f"{prefix}{part}") for part in ("published", "testing")}


def drop_domains(world: World, order: Order) -> Any:
    """Take the domains of these hosts out of all lists of a Mini Program."""
    mini = mini_of(world, order.rest)
    gone = checked(order.fields, {"drop": hosts}).get("drop", [])
    mini.domains = without(mini.domains, gone)
    mini.webviewdomain = [origin for origin in mini.webviewdomain if host_of(origin) not in gone]
    return {**mini.domains, "webviewdomain": mini.webviewdomain}
