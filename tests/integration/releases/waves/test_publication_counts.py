"""What is counted and told of a wave's publications."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis

from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.reading import Reader
from releases.record import By, Release
from releases.states import Status, Step
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.store.recounting import recount
from releases.waves.audit_quota import AuditQuotas
from releases.waves.halves import LIVE
from releases.waves.report import WaveReports, causes_in
from releases.waves.waves import Waves
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.support.examples import NOW
from tests.support.invariants import broken
from tests.support.looks import Look

ANNA = By(actor="cli:anna")
Ends = Callable[..., Release]


@pytest.fixture(autouse=True)
def _all_is_as_it_has_to_be(redis_client: redis.Redis) -> Iterator[None]:
    yield
    assert broken(Look.at(redis_client)) == []


def test_causes_of_the_two_halves_are_told_apart(
    approved: list[Release], orders: Orders, ends: Ends, reader: Reader
) -> None:
    orders.publish_wave("spring", ANNA)
    ends(approved[0], Status.BLOCKED, Step.PUBLISH, errcode=85017)
    ends(approved[1], Status.BLOCKED, Step.ENSURE_DOMAINS, errcode=85018)

    assert [cause.problem.errcode for cause in causes_in(reader, "spring")] == [85018]
    assert [cause.problem.errcode for cause in causes_in(reader, "spring", LIVE)] == [85017]


def test_a_wave_of_which_nothing_was_ordered_has_no_publication(
    approved: list[Release], store: ReleaseStore, waves: Waves, pauses: Pauses, audit_quotas: AuditQuotas
) -> None:
    reports = WaveReports(store=store, waves=waves, pauses=pauses, audit_quotas=audit_quotas, now=lambda: NOW)

    assert reports.of("spring").public()["publication"] is None


def test_wrong_counts_of_publications_are_made_anew(
    approved: list[Release], orders: Orders, ends: Ends, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    counts = keys.publication_counts("spring")
    orders.publish_wave("spring", ANNA, canary=2)
    ends(approved[0], Status.BLOCKED)
    right = redis_client.hgetall(counts)
    assert right == {"queued": "1", "waiting": "3", "waits wave": "3", "blocked": "1", "broken": "1"}
    assert "publications of wave spring" in recount(Database(redis_client), store).right
    redis_client.hset(counts, mapping={"broken": 0, "live": 4, "waits time": 2})

    assert recount(Database(redis_client), store).mended == ("publications of wave spring",)
    assert redis_client.hgetall(counts) == right


def test_a_thousand_are_ordered_in_a_few_seconds(
    store: ReleaseStore, releases: Releases, orders: Orders
) -> None:
    enqueued = Batch(store=store, releases=releases).enqueue(some_requests(1000, wave="spring"))
    for one in enqueued:
        brought_to(store, one.release, status=Status.APPROVED)
    began = time.monotonic()

    assert len(orders.publish_wave("spring", ANNA)) == 1000

    assert time.monotonic() - began < 10
