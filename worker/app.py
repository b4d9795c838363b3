"""The Celery app and the collaborators of its tasks, built from the settings."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import redis
from celery import Celery, signals, states
from pydantic import SecretStr

from config.celery_options import QUEUE, URGENT_QUEUE, celery_options
from config.loading import SettingsError
from config.settings import DomainSettings, RateSettings, Settings
from db.clock import RedisClock
from releases.background.due import Due, Queues
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.outcome import Outcomes
from releases.record import Release
from releases.scope import Scope
from releases.steps.preflight import Preflight
from releases.steps.retry_policy import RetryPolicy
from releases.store.leases import Leases
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReports
from releases.waves.waves import Waves
from tasks.chain import send_chain
from tasks.services import Services
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.domains import Domains, InvalidDomain
from wechat.http.pace import Limit
from wechat.rate.learnt import LearntLimits
from wechat.rate.limits import RateLimits
from wechat.tokens.sealing import Seal
from worker.background import BringBack, CheckKeys
from worker.celery_patches import tracebacks, transport
from worker.clock_guard import ClockGuard
from worker.metrics.calls import CallCounts
from worker.redis_client import connect

Build = Callable[["ReleaseCelery", Settings], Services]


class ReleaseCelery(Celery):
    """A Celery app that owns the collaborators of its tasks."""

    events_cls = "worker.celery_patches.events:LosslessEvents"
    log_cls = "worker.logs.setup:Logging"

    def __init__(self, settings: Settings, build: Build) -> None:
        transport.install()
        tracebacks.install()
        super().__init__("mprelease", set_as_current=True)
        self.settings = settings
        self._build = build
        self._forget_services()
        # A pool's child must not use its parent's connections, nor wait for a lock that no thread of its holds.
        os.register_at_fork(after_in_child=self._forget_services)
        self.conf.update(celery_options(settings))
        self.conf.worker_consumer = "worker.celery_patches.consumer:Consumer"
        self.steps["worker"].add(BringBack)
        self.steps["consumer"].add(ClockGuard)
        self.steps["consumer"].add(CheckKeys)

    def _forget_services(self) -> None:
        self._services: Services | None = None
        self._services_lock = threading.Lock()

    @property
    def services(self) -> Services:
        """Built when first asked for: in the pool's child, after the fork."""
        with self._services_lock:
            if self._services is None:
                self._services = self._build(self, self.settings)
            return self._services

    def now(self) -> datetime:
        """The time that Celery counts countdowns from: Redis', so that no wrong clock makes one an hour long."""
        return self.services.now().astimezone(self.timezone)

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's name
        """The worker as a program."""
        named: Any = "worker.logs.setup:Worker"  # not imported: only a worker needs it
        return self.subclass_with_self(named)

    def check_for_worker(self) -> None:
        """Raise SettingsError if a worker could only block whatever it takes."""
        platform = self.settings.platform
        missing = [name for name in ("appid", "appsecret") if not _text(getattr(platform, name))]
        if missing:
            raise SettingsError([f"MPRELEASE_PLATFORM__{name.upper()} is not set" for name in missing])

    def run_worker(self, options: Sequence[str]) -> int:
        """Run a worker until it is stopped; returns the exit code."""
        codes: list[int | None] = []

        def keep(sender: Any, **_: Any) -> None:
            codes.append(sender.exitcode)

        # `worker_main` returns none, so that a worker that failed would end like one that was stopped.
        signals.worker_shutdown.connect(keep, weak=False)
        self.worker_main(["worker", *options])
        return next(filter(None, codes), 0)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Prefork children that are spawned build their own app."""
        return create_app, (self.settings,)


class StoredResults:
    """Celery's result backend, where a release's id is the id of its chain's last task."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def forget(self, release_id: str) -> None:
        """Delete the stored result."""
        self._app.backend.forget(release_id)

    def fail(self, release_id: str, error: Exception) -> None:
        """Store a failure as a task's would be."""
        self._app.backend.store_result(release_id, error, states.FAILURE)

    def succeed(self, release_id: str, auditid: int) -> None:
        """Store what the last task returns."""
        self._app.backend.store_result(release_id, auditid, states.SUCCESS)


def create_app(settings: Settings, build: Build | None = None) -> ReleaseCelery:
    """Build the app; `build` makes the collaborators and is the one seam for tests."""
    wanted_domains(settings.domains)  # a bad domain must not wait for the first task to be found
    return ReleaseCelery(settings, build or build_services)


def build_services(app: ReleaseCelery, settings: Settings) -> Services:
    """Build the real collaborators."""
    client = connect(settings.redis, settings.worker.concurrency + 20)
    # Of one time, whatever the clocks of workers and clients say: records are compared with it.
    now = RedisClock(client.time).now

    def send(release: Release) -> None:
        send_chain(app, release, now())

    replicas = settings.redis.replicas_to_confirm
    store = ReleaseStore(client, replicas=replicas)
    results = StoredResults(app)
    pauses = Pauses(client, replicas=replicas)
    outcomes = Outcomes(store=store, results=results)
    releases = Releases(store=store, send=send, outcomes=outcomes, pauses=pauses, now=now)
    wechat = wechat_of(settings, client)
    waves = Waves(client, store=store, pauses=pauses, replicas=replicas)
    audit_quotas = AuditQuotas(client, ask=wechat.audit_quota)
    return Services(
        store=store,
        releases=releases,
        batch=Batch(store=store, releases=releases),
        waves=waves,
        wave_reports=WaveReports(store=store, waves=waves, pauses=pauses, audit_quotas=audit_quotas, now=now),
        preflight=Preflight(client, read_pool=wechat.registered_hosts),
        audit_quotas=audit_quotas,
        leases=Leases(client, step_deadline_s=settings.worker.step_deadline_s, scopes=tuple(Scope)),
        pauses=pauses,
        due=Due(client, store=store, pauses=pauses, send=send, queues=Queues(URGENT_QUEUE, QUEUE)),
        results=results,
        outcomes=outcomes,
        wechat=wechat,
        policy=RetryPolicy(**settings.retry.model_dump()),
        wanted=wanted_domains(settings.domains),
        step_deadline_s=settings.worker.step_deadline_s,
        now=now,
        random=random.SystemRandom().random,
    )


def wechat_of(settings: Settings, client: redis.Redis) -> WeChat:
    """Build the client of the WeChat API."""
    return WeChat(
        api_url=settings.wechat.api_url,
        connect_timeout_s=settings.wechat.connect_timeout_s,
        read_timeout_s=settings.wechat.read_timeout_s,
        credentials=Credentials(settings.platform.appid, settings.platform.appsecret.get_secret_value()),
        redis_client=client,
        seal=Seal(settings.redis.fernet_keys, closes=settings.redis.closes),
        replicas=settings.redis.replicas_to_confirm,
        pace=rate_limits(settings.rate, client),
        sleep=time.sleep,
        observe=CallCounts(client),
    )


def rate_limits(settings: RateSettings, client: redis.Redis) -> RateLimits:
    """Build the limits that all workers keep together."""
    return RateLimits(
        client,
        platform=_per_minute(settings.platform_per_minute),
        mini_program=_per_minute(settings.mini_program_per_minute),
        learnt=LearntLimits(client) if settings.learn else None,
        now=RedisClock(client.time).time,
        random=random.SystemRandom().random,
    )


def _per_minute(calls: int) -> Limit | None:
    return Limit(calls) if calls else None


def _text(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def wanted_domains(settings: DomainSettings) -> Domains:
    """The platform's domains, checked; raises SettingsError naming the variable."""
    try:
        return Domains.wanted(settings.model_dump())
    except InvalidDomain as error:
        raise SettingsError([f"MPRELEASE_DOMAINS__{error.list_name.upper()}: {error.problem}"]) from None
