"""`mprelease metrics`: the exporter for Prometheus."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import Annotated, NoReturn

import redis
import typer

from cli.commands.serving.address import can_be_had
from cli.context import celery_app, services, settings
from cli.printing import notes
from db.database import Database
from releases.notices.memory import sent
from wechat.push.inbox import Inbox
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.celery_patches import set_aside
from worker.metrics.asking import Asking
from worker.metrics.calls import read_calls
from worker.metrics.collector import PlatformCollector, Seen
from worker.metrics.server import server
from worker.redis_client import connect
from worker.wiring import figures_reader

#: Seconds that Redis may take: Prometheus gives a scrape ten.
_REDIS_TIMEOUT_S = 3
#: Seconds in which workers answer.
_PING_S = 2.0


def metrics(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 is any free one.")] = 9808,
    host: Annotated[str, typer.Option(help="Where to listen; there is no login.")] = "127.0.0.1",
) -> None:
    """Tell Prometheus how the whole platform stands, at /metrics. One is enough, whatever the number of workers."""
    signal.signal(signal.SIGTERM, _end)
    client = connect(
        settings().redis, 20, socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S
    )
    figures = figures_reader(client)
    with suppress(redis.RedisError):  # away for now, which the metrics tell
        services()

    store = TokenStore(Database(client), Seal())
    inbox = Inbox(Database(client), Seal(), store)

    def read() -> Seen:
        return Seen(
            figures=figures.read(),
            calls=read_calls(client),
            set_aside=set_aside.number(client),
            ticket_age_s=store.ticket_age_s(),
            pushes=inbox.counts(),
            notices=sent(client),
        )

    asking = Asking(_workers)
    with can_be_had(host, port):
        made = server(PlatformCollector(read=read, workers=lambda: asking.answer), host, port)
    with made as listening:
        asking.start()
        notes.print(f"metrics at http://{host}:{listening.server_port}/metrics", markup=False)
        listening.serve_forever()


def _workers() -> int:
    return len(celery_app().control.ping(timeout=_PING_S) or ())


def _end(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
