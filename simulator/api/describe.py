"""What a developer needs to point a worker at the simulator, as text for a shell."""

import json
import shlex
from collections.abc import Iterator

from simulator.world.little_world import PLATFORM_DOMAINS
from simulator.world.world import World


def describe(world: World, *, host: str, port: int) -> str:
    """Describe the world: `export` lines, and as comments the ticket and the Mini Programs."""
    return "\n".join([*_exports(world, host, port), *_comments(world)]) + "\n"


def _exports(world: World, host: str, port: int) -> Iterator[str]:
    yield _export("WECHAT__API_URL", f"http://{host}:{port or 'PORT'}")
    yield _export("PLATFORM__APPID", world.platform.appid)
    yield _export("PLATFORM__APPSECRET", world.platform.secret)
    for name, origins in PLATFORM_DOMAINS.items():
        yield _export(f"DOMAINS__{name.upper()}", json.dumps(origins))


def _export(name: str, value: str) -> str:
    return f"export MPRELEASE_{name}={shlex.quote(value)}"


def _comments(world: World) -> Iterator[str]:
    for ticket in world.platform.tickets:
        yield f"# component_verify_ticket {ticket}"
    for mini in world.miniprograms.values():
        yield "# " + json.dumps({"appid": mini.appid, "refresh_token": mini.refresh_token})
