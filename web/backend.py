"""What the routes work with, behind a look whether Redis is there: a request never waits for one that is away."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import redis
from fastapi import Depends, Request

from releases.waves.halves import Half
from releases.waves.kept import Kept
from releases.waves.report import Cause, WaveReport, causes_of
from tasks.services import Services
from web.platform.standing import StandingReader
from wechat.tokens.lending import Lender

#: Seconds in which Redis has to be connected, and to answer a ping. It may take longer for what is asked then.
PATIENCE_S = 1.2
#: Requests that are worked on at the same time; more wait for one of these.
THREADS = 64
#: Connections to Redis, for each of the clients: a thread takes one at a time.
CONNECTIONS = THREADS + 8


class Backend:
    """`quick` is a client that waits no longer than PATIENCE_S; `standing` reads how the platform stands."""

    def __init__(self, services: Services, *, quick: redis.Redis, standing: StandingReader) -> None:
        self._services = services
        self._quick = quick
        self._is_checked = False
        self.standing = standing
        self._causes = Kept[dict[Half, list[Cause]]]()
        self._waves = Kept[dict[str, datetime]]()

    @property
    def lender(self) -> Lender:
        """Lends tokens, where this process has what it takes."""
        return self._services.wechat.lender

    def workers(self) -> int | None:
        """How many workers answer; None where nobody knows."""
        return self.standing.workers()

    def causes(self, report: WaveReport) -> dict[Half, list[Cause]]:
        """Why releases of the wave stand still, read once for all who look now; those of the counts that the report has."""
        published = report.publication
        state = (report.counts, None if published is None else published.counts)
        return self._causes.of(report.name, state, lambda: causes_of(self._services.reader, report))

    def waves(self) -> dict[str, datetime]:
        """The names of all waves and when each began, newest first: every key is looked at for them, so once for all who look."""
        store = self._services.store
        return self._waves.of("", store.extent(), store.waves)

    def ping(self) -> None:
        """Raise redis.RedisError where Redis does not answer at once."""
        self._quick.ping()

    def ready(self) -> Services:
        """The collaborators, on a Redis that answers and is laid out as they need it; raises RedisError or SchemaError."""
        self.ping()
        if not self._is_checked:
            self._services.schema.check()
            self._is_checked = True
        return self._services


async def _backend(request: Request) -> Backend:
    found: Any = request.app.state.backend
    assert isinstance(found, Backend)  # noqa: S101 - the factory sets it
    return found


Behind = Annotated[Backend, Depends(_backend)]


def _ready(backend: Behind) -> Services:
    return backend.ready()


Ready = Annotated[Services, Depends(_ready)]
