"""Whatever a person or a program can order leaves an entry in the log of actions, or stands here with why it leaves none.

That the entries are there is tested where each door is: a command has to be run in tests/integration/cli/test_log.py.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from fastapi.routing import APIRoute

from cli import COMMANDS
from cli.lazy import LazyCommand
from releases.store.actions import What
from tests.structure.files import text
from web.page.acts.kinds import Act
from web.page.routers import ROUTERS as SCREENS
from web.routes import ROUTERS

#: Each command that leaves an entry, with what it may say. A command that calls `only_reads()` first stands nowhere here.
ORDERS: Mapping[str, set[What]] = {
    "enqueue": {What.ENQUEUE},
    "publish": {What.PUBLISH},
    "revert": {What.REVERT},
    "audits": {What.LOOK},
    "withdraw": {What.WITHDRAW},
    "speed-up": {What.SPEED_UP},
    "resume": {What.RESUME, What.RESUME_PLATFORM, What.SET_BOUND},
    "cancel": {What.CANCEL},
    "pause": {What.PAUSE},
    "ticket": {What.TICKET, What.TICKET_PUSH},
    "authorize": {What.AUTHORIZE},
    "rekey": {What.REKEY},
    "visit": {What.VISIT_OPEN, What.VISIT_CLOSE},
    "gray": {What.GRAY, What.GRAY_STOP},
    "domains add": {What.DOMAINS_ADD},
    "domains delete": {What.DOMAINS_DELETE},
    "domains set": {What.DOMAINS_SET},
    "platform domains add": {What.PLATFORM_DOMAINS_ADD},
    "webhooks retry": {What.WEBHOOKS_RETRY},
    "set-aside requeue": {What.SET_ASIDE_REQUEUE},
    "set-aside clear": {What.SET_ASIDE_CLEAR},
}
NO_ORDERS = {
    "worker": "carries out what others order",
    "simulator": "plays WeChat, and has no Redis",
    "demo": "has a Redis of its own, which goes with it; what it orders there it orders by our commands",
    "web": "its requests are orders, see ROUTES and ACTS",
    "receiver": "takes what WeChat pushes, and WeChat is nobody who orders",
    "metrics": "serves numbers",
    "doctor": "reads; with --repair it counts anew what records say, and changes none",
    "api-key": "prints a key and stores nothing",
    "errcodes": "prints a table",
    "notify": "sends a test message, of which whoever reads it knows",
}
#: The same of the page's acts, which all come through one route.
ACTS: Mapping[Act, set[What]] = {
    Act.LOOK: {What.LOOK},
    Act.RESUME: {What.RESUME, What.RESUME_PLATFORM},
    Act.CANCEL: {What.CANCEL},
    Act.GIVE_UP: {What.CANCEL},
    Act.WITHDRAW: {What.WITHDRAW},
    Act.PAUSE: {What.PAUSE},
    Act.PUBLISH: {What.PUBLISH},
    Act.REVERT: {What.REVERT},
}
NO_ACTS = {Act.PLAN: "shows what would be published, and is refused as a form"}
#: Routes that are no GET and say nobody's name to what they call.
NO_ROUTES = {
    "refuse_to_start_a_plan": "does nothing",
    "log_in": "says who somebody is",
    "log_out": "says who somebody was",
    "act": "its acts are in ACTS, and `order.by` has who sent the form",
}
#: Of web/bodies.py: what takes a request apart, and says who sent it.
WHO_ASKS = {"by", "asked_by", "order_by"}


def commands(named: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each command with its function, those of the groups as `group command`."""
    name = f"{before} {named.name}".strip()
    if not hasattr(named, "commands"):
        yield name, inspect.unwrap(named.callback)
        return
    for one in named.commands.values():
        yield from commands(one, name)


@cache
def found() -> dict[str, Any]:
    return {name: function for row in COMMANDS for name, function in commands(LazyCommand(*row).real())}


def called_by(function: Any) -> set[str]:
    """The names of the functions that it calls by nothing but their names."""
    called = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
    return {one.func.id for one in called if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}


def only_reads(function: Any) -> bool:
    """Whether it says so whatever it is asked for."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(body, ast.FunctionDef)
    return any(isinstance(one, ast.Expr) and ast.unparse(one) == "only_reads()" for one in body.body)


def test_each_command_only_reads_or_leaves_an_entry_or_says_why_it_leaves_none() -> None:
    reading = {name for name, function in found().items() if only_reads(function)}
    assert len(reading) > 10
    assert not reading & (ORDERS.keys() | NO_ORDERS.keys())
    assert not ORDERS.keys() & NO_ORDERS.keys()
    assert set(found()) - reading == ORDERS.keys() | NO_ORDERS.keys()


def test_who_orders_something_may_say_who_it_is_and_why() -> None:
    lacking = {
        name
        for name in ORDERS
        if not {"reason", "actor"} <= inspect.signature(found()[name]).parameters.keys()
    }
    assert lacking == set()


def test_each_command_that_leaves_an_entry_is_run_where_the_log_is_tested() -> None:
    tested = text("tests/integration/cli/test_log.py")
    run = {name for name in ORDERS if 'command("' + '", "'.join(name.split()) + '"' in tested}
    assert run == set(ORDERS)
    assert [what for what in What if f'anna("{what}"' not in tested] == []


def test_nothing_is_in_the_log_that_nobody_can_order() -> None:
    assert set().union(*ORDERS.values()) == set(What)


def test_each_act_of_the_page_leaves_an_entry_or_says_why_not() -> None:
    assert not ACTS.keys() & NO_ACTS.keys()
    assert ACTS.keys() | NO_ACTS.keys() == set(Act)
    assert set().union(*ACTS.values()) <= set(What)


def test_each_route_that_changes_something_says_who_asked() -> None:
    routes = [
        route
        for router in (*ROUTERS, *SCREENS)
        for route in router.routes
        if isinstance(route, APIRoute) and (route.methods or set()) - {"GET", "HEAD"}
    ]
    assert len(routes) > 10
    silent = {route.endpoint.__name__ for route in routes if not called_by(route.endpoint) & WHO_ASKS}
    assert silent == NO_ROUTES.keys()
