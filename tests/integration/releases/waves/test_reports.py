"""What a wave's report says of speed and end: nothing where nothing moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.record import Release
from releases.states import Status
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReport, WaveReports
from releases.waves.standing import State
from releases.waves.waves import Waves
from tests.integration.releases.intake.test_many import some_requests
from tests.support.examples import NOW, a_problem
from wechat.mini_program import AuditQuota


class Wave:
    """Ten releases, enqueued half a minute before NOW, which come to rest at NOW."""

    def __init__(self, client: redis.Redis, store: ReleaseStore, releases: Releases, pauses: Pauses) -> None:
        self._store = store
        enqueued = Batch(store=store, releases=releases).enqueue(some_requests(10, wave="spring"), None)
        self.releases = [one.release for one in enqueued]
        client.zadd("releases:wave:spring", dict.fromkeys(self.ids, NOW.timestamp() - 30))
        self._parts = {
            "store": store,
            "waves": Waves(Database(client), store=store, pauses=pauses),
            "pauses": pauses,
            "audit_quotas": AuditQuotas(client, ask=lambda _: AuditQuota(1, 1), newest_appids=list),
        }

    @property
    def ids(self) -> list[str]:
        return [release.id for release in self.releases]

    def become(self, releases: list[Release], status: Status) -> None:
        for release in releases:
            stored = self._store.get(release.id)
            assert stored is not None
            fields = {"wait": a_problem()} if status is Status.WAITING else {}
            after = stored.release.model_copy(update={"status": status, "updated_at": NOW, **fields})
            self._store.save(stored, after)

    def report(self, seconds_later: float) -> WaveReport:
        return self.reports(seconds_later).of("spring")

    def reports(self, seconds_later: float) -> WaveReports:
        now = NOW + timedelta(seconds=seconds_later)
        return WaveReports(**self._parts, now=lambda: now)  # type: ignore[arg-type]


@pytest.fixture
def wave(redis_client: redis.Redis, store: ReleaseStore, releases: Releases, pauses: Pauses) -> Wave:
    return Wave(redis_client, store, releases, pauses)


def test_there_is_no_speed_and_no_end_once_none_has_ended_for_long(wave: Wave) -> None:
    wave.become(wave.releases[:8], Status.SUBMITTED)
    wave.become(wave.releases[8:], Status.RUNNING)

    moving, standing = wave.report(10), wave.report(60)

    assert moving.per_minute > 0
    assert moving.estimated_end is not None
    assert (standing.per_minute, standing.estimated_end) == (0, None)


def test_while_all_that_go_on_wait_nobody_knows_the_end(wave: Wave) -> None:
    wave.become(wave.releases[:8], Status.SUBMITTED)
    wave.become(wave.releases[8:], Status.WAITING)

    assert wave.report(1).per_minute > 0
    assert wave.report(1).estimated_end is None


def test_a_wave_that_is_over_has_no_speed(wave: Wave) -> None:
    wave.become(wave.releases, Status.SUBMITTED)

    assert wave.report(1).per_minute == 0


def test_among_many_a_wave_is_told_as_alone_without_the_quota_where_nothing_goes_on(wave: Wave) -> None:
    for rest in (8, 10):
        wave.become(wave.releases[:rest], Status.SUBMITTED)
        reports = wave.reports(10)
        alone, (among,) = reports.of("spring"), reports.all_of(["spring"])
        assert among == replace(alone, fit=among.fit)
        assert (among.state is State.OVER) is (rest == 10)
