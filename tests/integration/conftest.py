from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from celery import Celery
from kombu import Queue, pools

from config.celery_options import QUEUES, celery_options
from config.settings import RedisSettings, Settings
from db.database import Database
from releases.background.due import Due
from releases.intake.one import Releases
from releases.intake.publications import Publications
from releases.reading import Reader
from releases.record import Release
from releases.steps.failures.call_window import CallWindow
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.live.times import Times
from releases.store.leases import Held, Leases
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from tests.support.examples import NOW
from tests.support.stored_results import StoredResults


class Sender:
    """Notes the messages that were to be sent; can be told to fail, as a broker that is away does."""

    def __init__(self) -> None:
        self.sent: list[Release] = []
        self.broken = False

    def __call__(self, release: Release) -> None:
        if self.broken:
            raise redis.ConnectionError("away")
        self.sent.append(release)

    @property
    def ids(self) -> list[str]:
        return [release.id for release in self.sent]


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self._now = NOW

    def __call__(self) -> datetime:
        return self._now

    def passes(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@pytest.fixture
def store(redis_client: redis.Redis) -> ReleaseStore:
    return ReleaseStore(Database(redis_client))


@pytest.fixture
def pauses(redis_client: redis.Redis) -> Pauses:
    return Pauses(Database(redis_client))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed_pauses(redis_client: redis.Redis, pauses: Pauses, clock: Clock) -> TimedPauses:
    """Of ten, twenty, forty … seconds."""
    window = CallWindow(threads=1, monotonic=lambda: clock().timestamp())
    return TimedPauses(
        client=redis_client,
        pauses=pauses,
        window=window,
        length_s=lambda number: 5.0 * 2**number,
        patience_s=160.0,
        now=clock,
    )


@pytest.fixture
def leases(redis_client: redis.Redis) -> Leases:
    return Leases(Database(redis_client), step_deadline_s=140)


@pytest.fixture
def begin(leases: Leases) -> Callable[[Release], Held]:
    """Take the lease for a release, which has to be free."""

    def _begin(release: Release) -> Held:
        held = leases.begin(release.id, release.appid)
        assert isinstance(held, Held)
        return held

    return _begin


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def results(redis_client: redis.Redis) -> StoredResults:
    return StoredResults(redis_client)


@pytest.fixture
def due(redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses, sender: Sender) -> Due:
    return Due(
        Database(redis_client),
        store=store,
        pauses=pauses,
        send=sender,
        queues={True: "releases.urgent", False: "releases"},
    )


@pytest.fixture
def reader(store: ReleaseStore, pauses: Pauses) -> Reader:
    return Reader(store, pauses)


@pytest.fixture
def releases(store: ReleaseStore, due: Due, pauses: Pauses) -> Releases:
    return Releases(store=store, send=due.send, pauses=pauses, now=lambda: NOW)


@pytest.fixture
def publications(store: ReleaseStore, due: Due) -> Publications:
    return Publications(store=store, send=due.send, now=lambda: NOW)


@pytest.fixture
def times() -> Times:
    """Publications may begin at any time."""
    return Times()


@pytest.fixture
def celery_app(redis_url: str, redis_client: redis.Redis) -> Iterator[Celery]:
    """A Celery app with our options and no task; its connections are closed in the end."""
    app = Celery("test", set_as_current=False)
    app.conf.task_queues = tuple(map(Queue, QUEUES))
    app.conf.update(celery_options(Settings(redis=RedisSettings.model_validate({"url": redis_url}))))
    yield app
    backend: Any = app.backend
    backend.result_consumer.stop()
    backend.client.close()
    pools.reset()
    app.close()
