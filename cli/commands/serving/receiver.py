"""`mprelease receiver`: takes WeChat's pushes."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.serving.address import can_be_had
from cli.context import settings
from cli.extras import need_web
from cli.printing import notes


def receiver(
    host: Annotated[str, typer.Option(help="Where to listen; put a proxy with TLS before it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 8081,
) -> None:
    """Take what WeChat pushes: tickets, authorizations, audit results. See docs/receiver.md."""
    need_web("mprelease receiver")
    from web.receiver.building import build  # noqa: PLC0415 - what it needs is an extra
    from web.serving.server import listen, serve  # noqa: PLC0415

    app = build(settings())
    with can_be_had(host, port):
        listening = listen(host, port)
    notes.print(f"receiver at http://{host}:{listening.getsockname()[1]}", markup=False)
    serve(app, listening, log_format=settings().log.format)
