"""The control side, /_sim/…: where tests and people look at the world and change it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from simulator.api.routes import name_of
from simulator.control import hosts, others, verdicts
from simulator.control.order import Order
from simulator.control.patching import PatchError, texts
from simulator.push.messages import Push
from simulator.world import state
from simulator.world.tokens import AUTHORIZER, COMPONENT
from simulator.world.world import World

PREFIX = "/_sim/"


def health(_world: World, _order: Order) -> Any:
    """Say that the simulator is up."""
    return {"ok": True}


def show_state(world: World, order: Order) -> Any:
    """Show the world."""
    return state.show(world, appid=order.query.get("appid"), with_secrets="secrets" in order.query)


def put_miniprograms(world: World, order: Order) -> Any:
    """Add or change Mini Programs."""
    minis = [world.put_miniprogram(wanted) for wanted in order.each]
    return [{"appid": mini.appid, "refresh_token": mini.refresh_token} for mini in minis]


def patch_platform(world: World, order: Order) -> Any:
    """Change the platform."""
    world.patch_platform(order.fields)
    return state.show(world, appid="")["platform"]


def add_ticket(world: World, order: Order) -> Any:
    """Push a new component_verify_ticket."""
    if order.fields.get("expire_old"):
        world.expire_tickets()
    return {"component_verify_ticket": world.add_ticket()}


def push_of(world: World, raw: bytes) -> Push:
    """Make the push that a control request asks for: `kind`, `appid` and further `fields`."""
    wanted = json.loads(raw)
    if not isinstance(wanted, dict) or not isinstance(wanted.get("kind"), str):
        raise PatchError("the body must be a JSON object with a kind")
    fields = {str(name): str(value) for name, value in dict(wanted.get("fields", {})).items()}
    return world.make_push(wanted["kind"], str(wanted.get("appid", "")), fields)


def expire_tokens(world: World, order: Order) -> Any:
    """End access tokens: of one Mini Program, of the component, or all of them; tells which call came last before."""
    wanted = order.fields
    appid, component = wanted.get("appid"), bool(wanted.get("component"))
    kind = COMPONENT if component and not appid else AUTHORIZER if appid else None
    count = world.tokens.expire(appid=appid, kind=kind, void=bool(wanted.get("void")))
    if appid and component:
        count += world.tokens.expire(appid=None, kind=COMPONENT, void=bool(wanted.get("void")))
    return {"expired": count, "last_call": world.calls.last}


def issue_tokens(world: World, order: Order) -> Any:
    """Issue an access token to each Mini Program named, for clients that are to begin with one."""
    for appid in texts(order.fields.get("appids")):
        if appid not in world.miniprograms:
            raise PatchError(f"no Mini Program {appid!r}")
    return {
        appid: world.tokens.issue(
            AUTHORIZER,
            appid,
            ttl_s=world.platform.token_ttl_s,
            overlap_s=world.platform.token_overlap_s,
        )
        for appid in order.fields["appids"]
    }


def show_live(world: World, order: Order) -> Any:
    """Show what is live, what was, and how often which call changed something, by appid."""
    return state.live(world, order.query.get("appid"))


def add_faults(world: World, order: Order) -> Any:
    """Script faults."""
    for wanted in order.each:
        world.faults.add(wanted, name_of)
    return world.faults.left()


def list_faults(world: World, _order: Order) -> Any:
    """List the faults still to come."""
    return world.faults.left()


def clear_faults(world: World, _order: Order) -> Any:
    """Forget all faults."""
    world.faults.clear()
    return {"ok": True}


def list_calls(world: World, order: Order) -> Any:
    """Show what was called."""
    endpoint = order.query.get("endpoint")
    name = name_of(endpoint) if endpoint else None
    if endpoint and name is None:
        raise PatchError(f"endpoint: no {endpoint!r} here")
    return world.calls.report(order.query.get("appid"), name)


def show_progress(world: World, _order: Order) -> Any:
    """Show what took effect, by endpoint; as cheap with a hundred thousand Mini Programs as with one."""
    return world.calls.progress()


def clear_calls(world: World, _order: Order) -> Any:
    """Start the record of calls afresh."""
    world.calls.clear()
    return {"ok": True}


def advance_clock(world: World, order: Order) -> Any:
    """Turn WeChat's clock forward."""
    seconds = order.fields.get("advance_s")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise PatchError("advance_s must be a number of seconds, not below 0")
    world.clock.advance(seconds)
    return {"now": world.clock.now()}


_ORDERS: dict[tuple[str, str], Callable[[World, Order], Any]] = {
    ("GET", "health"): health,
    ("GET", "state"): show_state,
    ("POST", "miniprograms"): put_miniprograms,
    ("POST", "platform"): patch_platform,
    ("POST", "ticket"): add_ticket,
    ("POST", "tokens/expire"): expire_tokens,
    ("POST", "tokens/issue"): issue_tokens,
    ("POST", "audits"): verdicts.put_audit,
    ("POST", "others"): others.act,
    ("POST", "pool"): hosts.change_pool,
    ("POST", "domains"): hosts.drop_domains,
    ("GET", "live"): show_live,
    ("POST", "faults"): add_faults,
    ("GET", "faults"): list_faults,
    ("DELETE", "faults"): clear_faults,
    ("GET", "calls"): list_calls,
    ("DELETE", "calls"): clear_calls,
    ("GET", "progress"): show_progress,
    ("POST", "clock"): advance_clock,
}
#: Whose path goes on with an appid.
_OF_ONE = ("audits/", "domains/")


def obey(world: World, method: str, path: str, query: str, raw: bytes) -> tuple[int, Any]:
    """Carry out a control request; gives the HTTP status and the document to answer with."""
    name, rest = path.removeprefix(PREFIX), ""
    if name.startswith(_OF_ONE):
        name, _, rest = name.partition("/")
    order = _ORDERS.get((method, name))
    if order is None:
        return 404, {"error": f"no {method} {path} here"}
    world.agenda.run()
    try:
        body = json.loads(raw) if raw else {}
        return 200, order(world, Order(rest, dict(parse_qsl(query, keep_blank_values=True)), body))
    except (PatchError, TypeError, ValueError) as exc:
        return 400, {"error": str(exc)}
