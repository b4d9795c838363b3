"""What the tests of a wave's publications ask of it, and that all holds after each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from releases.record import By, Release
from releases.scope import live_scope
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import PublicationReport, WaveReports
from releases.waves.waves import Waves
from tests.support.examples import NOW
from tests.support.invariants import broken
from tests.support.looks import Look

ANNA = By(actor="cli:anna", reason="the sale begins")
SCOPE = live_scope("spring")
Ends = Callable[..., Release]


@pytest.fixture(autouse=True)
def all_is_as_it_has_to_be(redis_client: redis.Redis) -> Iterator[None]:
    yield
    assert broken(Look.at(redis_client)) == []


@pytest.fixture
def report(
    store: ReleaseStore, waves: Waves, pauses: Pauses, audit_quotas: AuditQuotas
) -> Callable[[], PublicationReport]:
    reports = WaveReports(store=store, waves=waves, pauses=pauses, audit_quotas=audit_quotas, now=lambda: NOW)

    def _report() -> PublicationReport:
        found = reports.of("spring").publication
        assert found is not None
        return found

    return _report


Report = Callable[[], PublicationReport]


def ids(releases: list[Release]) -> list[str]:
    return [release.id for release in releases]


def counted(store: ReleaseStore) -> dict[str, int]:
    return {name: n for name, n in store.tally(keys.publication_counts("spring")).counts.items() if n}
