"""Fixtures that call a step's task as its message would, with the real store and a scripted WeChat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
import redis
from celery import Celery

from db.database import Database
from releases.background.due import Due
from releases.background.pushed import Pushed
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.reading import Reader
from releases.record import Progress, Release
from releases.states import Status, Step
from releases.steps.failures.retry_policy import RetryPolicy
from releases.steps.failures.stopping import Stopping
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.live.shop import Shop
from releases.steps.live.times import Times
from releases.steps.preflight import Preflight
from releases.steps.run import Steps
from releases.steps.work import Work
from releases.store.actions import Actions
from releases.store.known import Stored
from releases.store.leases import Leases
from releases.store.outbox import Outbox
from releases.store.places import Place
from releases.store.records import ReleaseStore
from releases.store.schema import Schema
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReports
from releases.waves.waves import Waves
from tasks import steps  # noqa: F401 - importing the steps registers them
from tasks.services import Services
from tests.support.examples import APPID, NOW, a_release
from tests.support.fake_wechat import FakeWeChat
from tests.support.records import created
from wechat.api import WeChat
from wechat.domains import SCHEMES, Domains
from wechat.mini_program import TrialVersion

WANTED = {"requestdomain": ["https://api.example.com"]}
DOMAINS_DONE = Progress(domains_at=NOW.timestamp())
COMMITTED = DOMAINS_DONE.model_copy(update={"commit_at": 1000.0, "committed_at": 1001.0})
BEFORE = {Step.ENSURE_DOMAINS: Progress(), Step.COMMIT_CODE: DOMAINS_DONE, Step.SUBMIT_AUDIT: COMMITTED}
OURS = TrialVersion("1.4.2", "faster", 1000)
CONFIGURED = {**{name: [] for name in SCHEMES}, **WANTED}


class App(Celery):
    """An app whose tasks get the services of a test."""

    services: Services


@dataclass(frozen=True)
class Runner:
    """Calls the tasks of an app."""

    app: App

    def __call__(self, step: Step, release: Release, appid: str = APPID) -> Any:
        return self.app.tasks[step.task_name](release.id, appid, release.user_version)


@pytest.fixture
def wechat() -> FakeWeChat:
    return FakeWeChat()


@pytest.fixture
def run(
    redis_client: redis.Redis,
    store: ReleaseStore,
    releases: Releases,
    leases: Leases,
    timed_pauses: TimedPauses,
    due: Due,
    wechat: FakeWeChat,
    *,
    wanted: Domains,
    times: Times,
) -> Iterator[Runner]:
    """Call a step's task with a release, as its message would."""
    app = App("test", set_as_current=False)
    policy = RetryPolicy(
        max_attempts=6,
        wait_initial_s=100,
        wait_max_s=300,
        scan_wait_s=60,
        scan_max_attempts=240,
        slow_down_s=60,
    )
    pauses = timed_pauses.pauses
    preflight = Preflight(
        redis_client,
        read_pool=wechat.registered_hosts,
        read_jump_pool=wechat.registered_jump_hosts,
        read_templates=lambda: wechat.templates,
    )
    waves = Waves(Database(redis_client), store=store, pauses=pauses)
    audit_quotas = AuditQuotas(
        redis_client, ask=wechat.audit_quota, newest_appids=lambda: store.newest_appids(3)
    )
    app.services = Services(
        schema=Schema(Database(redis_client), old_workers=list),
        store=store,
        reader=Reader(store, pauses),
        releases=releases,
        publications=Publications(store=store, send=due.send, now=lambda: NOW),
        batch=Batch(store=store, releases=releases),
        orders=Orders(
            store=store,
            releases=releases,
            waves=waves,
            pauses=pauses,
            preflight=preflight,
            audit_quotas=audit_quotas,
            times=times,
            actions=Actions(Database(redis_client)),
        ),
        actions=Actions(Database(redis_client)),
        preflight=preflight,
        audit_quotas=audit_quotas,
        waves=waves,
        wave_reports=WaveReports(
            store=store, waves=waves, pauses=pauses, audit_quotas=audit_quotas, now=lambda: NOW
        ),
        outbox=Outbox(Database(redis_client)),
        webhook_sender=None,
        notices=None,
        leases=leases,
        pauses=pauses,
        timed_pauses=timed_pauses,
        due=due,
        pushed=cast("Pushed", None),
        steps=Steps(
            store=store,
            leases=leases,
            work=Work(
                wanted=wanted,
                preflight=preflight,
                registered_hosts=wechat.registered_hosts,
                registered_jump_hosts=wechat.registered_jump_hosts,
                others=store,
                shop=Shop(store=store, now=lambda: NOW),
                now=lambda: NOW,
                times=times,
            ),
            stopping=Stopping(
                policy=policy,
                pauses=pauses,
                timed_pauses=timed_pauses,
                has_ticket=lambda: True,
                forget_audit_quota=audit_quotas.forget,
                now=lambda: NOW,
                random=lambda: 1.0,
            ),
            timed_pauses=timed_pauses,
            call_window=timed_pauses.window,
            mini_program=wechat.mini_program,
            step_deadline_s=140,
            now=lambda: NOW,
        ),
        wechat=cast("WeChat", wechat),
        wanted=wanted,
        step_deadline_s=140,
        publish_queue="releases.publish",
        now=lambda: NOW,
    )

    yield Runner(app)
    app.close()


@pytest.fixture
def at(store: ReleaseStore) -> Callable[..., Stored]:
    """Put a release into a state: the steps before were done just now."""

    def _at(step: Step, status: Status = Status.QUEUED, place: Place | None = None, **more: Any) -> Stored:
        stored = created(store, a_release())
        state = {"step": step, "status": status, "progress": BEFORE[step], **more}
        release = stored.release.model_copy(update=state)
        return store.save(stored, release, place=place)

    return _at


def now(store: ReleaseStore, stored: Stored) -> Release:
    found = store.get(stored.release.id)
    assert found is not None
    return found.release


Run = Callable[..., Any]
At = Callable[..., Stored]
