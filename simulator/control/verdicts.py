"""Audits by hand: one, or all that wait for a decision."""

from dataclasses import asdict
from typing import Any

from simulator.control.order import Order, mini_of
from simulator.control.patching import PatchError, texts
from simulator.world.world import World


def put_audit(world: World, order: Order) -> Any:
    """Change or create an audit of a Mini Program; without an appid in the path, decide all that are open."""
    if order.rest:
        return asdict(world.put_audit(mini_of(world, order.rest), order.fields))
    fields = dict(order.fields)
    appids, push = fields.pop("appids", None), fields.pop("push", True) is not False
    if "status" not in fields:
        raise PatchError("status is missing")
    named = world.miniprograms if appids is None else texts(appids)
    minis = [mini_of(world, appid) for appid in named]
    waiting = [(mini, audit) for mini in minis for audit in mini.audits if audit.is_open]
    for mini, audit in waiting:
        world.decide(mini, audit, fields, push=push)
    return {"decided": len(waiting)}
