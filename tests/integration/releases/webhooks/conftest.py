from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
import redis

from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.reading import Reader
from releases.record import Release
from releases.selection import Selection
from releases.store.outbox import Outbox
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReports
from releases.waves.waves import Waves
from releases.webhooks.endpoint import Endpoint
from releases.webhooks.messages import Messages
from releases.webhooks.sender import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.support.examples import NOW
from tests.support.receiver import KEY, Receiver, receiving
from wechat.mini_program import AuditQuota

MakeSender = Callable[..., Sender]
SendAll = Callable[[Sender], None]
Gathered = Callable[[], None]


def _never(appids: Sequence[str]) -> AuditQuota:
    pytest.fail(f"nobody is to ask for the quota: {appids}")


@pytest.fixture
def outbox(redis_client: redis.Redis) -> Outbox:
    return Outbox(Database(redis_client))


@pytest.fixture
def waves(redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses) -> Waves:
    return Waves(Database(redis_client), store=store, pauses=pauses)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def wave_reports(redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses, waves: Waves) -> WaveReports:
    quotas = AuditQuotas(redis_client, ask=_never, newest_appids=list)
    return WaveReports(store=store, waves=waves, pauses=pauses, audit_quotas=quotas, now=lambda: NOW)


@pytest.fixture
def make_sender(
    store: ReleaseStore, reader: Reader, outbox: Outbox, wave_reports: WaveReports, receiver: Receiver
) -> MakeSender:
    """A sender to the receiver, or to another URL; no jitter, so the waits are as long as they may be."""

    def made(
        url: str = "",
        *,
        jitter: float = 1.0,
        now: Callable[[], datetime] = lambda: NOW,
        outbox: Outbox = outbox,
    ) -> Sender:
        messages = Messages(store=store, reader=reader, outbox=outbox, wave_reports=wave_reports, now=now)
        endpoint = Endpoint(url or receiver.url, [KEY], now=time.time)
        return Sender(outbox=outbox, messages=messages, endpoint=endpoint, random=lambda: jitter)

    return made


@pytest.fixture
def webhooks(make_sender: MakeSender) -> Sender:
    """One that has begun: from now on changes are noted."""
    made = make_sender()
    assert not made.send()
    return made


@pytest.fixture
def gathered(redis_client: redis.Redis) -> Callable[[], None]:
    """Let all that has changed be old enough to be sent."""

    def age() -> None:
        changed: Any = redis_client.zrange("releases:changed", 0, -1)
        if any(changed):
            redis_client.zadd("releases:changed", {member: 1 for member in changed if member}, xx=True)

    return age


@pytest.fixture
def send_all(gathered: Callable[[], None]) -> Callable[[Sender], None]:
    """Let all be old enough, and send until nothing is left to be sent at once."""

    def _send(sender: Sender) -> None:
        gathered()
        while sender.send():
            pass

    return _send


def shown(reader: Reader) -> dict[str, dict[str, Any]]:
    """What `list --json` says, but for what a webhook leaves out."""
    found = {release.id: release.public() for release in reader.select(Selection())}
    for fields in found.values():
        del fields["ext"]
    return found


def known(receiver: Receiver) -> dict[str, dict[str, Any]]:
    return {
        name: {field: value for field, value in fields.items() if field != "revision"}
        for name, fields in receiver.releases.items()
    }


@pytest.fixture
def five(releases: Releases, store: ReleaseStore, webhooks: Sender) -> list[Release]:
    """Releases of which the receiver has not been told."""
    made = Batch(store=store, releases=releases).enqueue(some_requests(5, ext={"merchant": "its own"}))
    return [one.release for one in made]
