"""`mprelease web`: the HTTP API and the page."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import redis
import typer

from cli.commands.serving.address import can_be_had
from cli.context import settings
from cli.extras import need_web
from cli.printing import complain, notes
from config.api_keys import KeyScope
from config.texts import is_loopback
from worker.agreement import new_salt
from worker.redis_client import connect

if TYPE_CHECKING:
    from web.backend import Backend

#: Seconds between two questions to the workers.
_ASK_EVERY_S = 5.0


def web(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 8080,
) -> None:
    """Serve the HTTP API for programs, at /api/v1, told at /openapi.json; and where people can log in, the page."""
    need_web("mprelease web")
    from web.app import create_app  # noqa: PLC0415 - needs the extra
    from web.routes.scoped import ScopedRouter  # noqa: PLC0415
    from web.routes.tokens import lending  # noqa: PLC0415
    from web.serving.server import listen, serve  # noqa: PLC0415

    people = settings().web.lets_people_in
    if not settings().web.keys and not people and not is_loopback(host):
        complain(
            f"Nobody could log in, and {host} is more than this machine: make a key first, "
            "by `mprelease api-key NAME --scope operate`, or let people in by MPRELEASE_WEB__PASSWORD (docs/page.md)."
        )
        raise typer.Exit(2)
    backend = _backend()
    with suppress(redis.RedisError):  # away for now, which requests are told
        backend.ready()
    with can_be_had(host, port):
        listening = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    notes.print(f"the API at {address}/api/v1", markup=False)
    if people:
        notes.print(f"the page at {address}/", markup=False)
        if not is_loopback(host):
            notes.print("this is plain HTTP: put a proxy with TLS before it (docs/page.md)", markup=False)
    elif not settings().web.keys:
        notes.print("no key is set, so nobody is let in: mprelease api-key NAME --scope operate")
    tokens = lending(ScopedRouter(KeyScope.TOKENS, "tokens"), backend.lender)
    app = create_app(settings().web, backend, tokens)
    serve(app, listening, log_format=settings().log.format, end=app.state.live.end)


def _backend() -> Backend:
    from web.backend import CONNECTIONS, PATIENCE_S, Backend  # noqa: PLC0415 - needs the extra
    from web.platform.standing import StandingReader  # noqa: PLC0415
    from worker.app import create_app  # noqa: PLC0415 - imports Celery
    from worker.asking import Roll  # noqa: PLC0415
    from worker.metrics.asking import Asking  # noqa: PLC0415
    from worker.wiring import build_services, figures_reader  # noqa: PLC0415

    app = create_app(settings(), partial(build_services, connections=CONNECTIONS))
    app.conf.update(redis_max_connections=CONNECTIONS)  # of the result store: a thread may need one
    quick = connect(
        settings().redis, CONNECTIONS, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
    )
    asking = Asking(Roll(app, new_salt()).call, every_s=_ASK_EVERY_S)
    asking.start()
    client = connect(settings().redis, CONNECTIONS)
    standing = StandingReader(client, figures=figures_reader(client), fleet=lambda: asking.answer)
    return Backend(app.services, quick=quick, standing=standing)
