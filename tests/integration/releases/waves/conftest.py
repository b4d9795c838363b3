"""What orders a wave needs, and a wave whose audits have passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis

from db.database import Database
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.record import Release
from releases.states import Status, Step
from releases.steps.live.hours import Hours
from releases.steps.live.times import Times
from releases.steps.preflight import Preflight
from releases.store.actions import Actions
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.waves import Waves
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.support.examples import a_problem
from wechat.mini_program import AuditQuota

MakeOrders = Callable[..., Orders]


@pytest.fixture
def waves(redis_client: redis.Redis, store: ReleaseStore, pauses: Pauses) -> Waves:
    return Waves(Database(redis_client), store=store, pauses=pauses)


@pytest.fixture
def audit_quotas(redis_client: redis.Redis) -> AuditQuotas:
    return AuditQuotas(redis_client, ask=lambda _: AuditQuota(1, 1), newest_appids=list)


@pytest.fixture
def orders_within(
    redis_client: redis.Redis,
    store: ReleaseStore,
    releases: Releases,
    waves: Waves,
    pauses: Pauses,
    audit_quotas: AuditQuotas,
) -> MakeOrders:
    """Orders, where publications have these hours."""
    preflight = Preflight(
        redis_client, read_pool=lambda: None, read_jump_pool=lambda: None, read_templates=lambda: None
    )
    return lambda hours, through=releases: Orders(
        store=store,
        releases=through,
        waves=waves,
        pauses=pauses,
        preflight=preflight,
        audit_quotas=audit_quotas,
        times=Times(hours=hours, random=lambda: 0.0),
        actions=Actions(Database(redis_client)),
    )


@pytest.fixture
def orders(orders_within: MakeOrders) -> Orders:
    return orders_within(Hours())


@pytest.fixture
def approved(store: ReleaseStore, releases: Releases) -> list[Release]:
    """Five releases of a wave, oldest first: approved."""
    enqueued = Batch(store=store, releases=releases).enqueue(some_requests(5, wave="spring"))
    return [
        brought_to(store, one.release, status=Status.APPROVED, step=Step.SUBMIT_AUDIT, auditid=7)
        for one in enqueued
    ]


@pytest.fixture
def ends(store: ReleaseStore) -> Callable[..., Release]:
    """A publication has ended like this."""

    def _ends(release: Release, status: Status, step: Step = Step.VERIFY_LIVE, **why: Any) -> Release:
        problem = a_problem(step=step, **why)
        stopped = {Status.BLOCKED: {"block": problem}, Status.FAILED: {"failure": problem}}.get(status, {})
        return brought_to(store, release, status=status, step=step, **stopped)

    return _ends
