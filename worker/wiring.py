"""The collaborators, built from the settings: the one place that builds them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import redis
from celery import Celery
from pydantic import SecretStr

from config.celery_options import PUBLISH_QUEUE, QUEUE, QUEUES, URGENT_QUEUE
from config.loading import SettingsError
from config.sections.notify import NotifySettings
from config.settings import DomainSettings, RateSettings, Settings, WebhookSettings
from db.clock import RedisClock
from db.database import Database
from releases.background.due import Due
from releases.background.pushed import Pushed
from releases.figures import FiguresReader
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.notices.facts import Facts
from releases.notices.following import Following
from releases.notices.memory import Memory
from releases.notices.notice import Voice
from releases.notices.robots import DingTalk, Feishu, Robot, WeCom
from releases.notices.stopped import StoppedReleases
from releases.notices.teller import Teller
from releases.reading import Reader
from releases.record import Release
from releases.steps.failures.call_window import CallWindow
from releases.steps.failures.retry_policy import RetryPolicy
from releases.steps.failures.stopping import Stopping
from releases.steps.failures.timed_pauses import TimedPauses
from releases.steps.live.hours import Hours
from releases.steps.live.shop import Shop
from releases.steps.live.times import Times
from releases.steps.preflight import Preflight
from releases.steps.run import Steps
from releases.steps.work import Work
from releases.store.actions import Actions
from releases.store.leases import MARGIN_S, Leases
from releases.store.outbox import Outbox
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.store.schema import Schema
from releases.waves.audit_quota import AuditQuotas
from releases.waves.report import WaveReports
from releases.waves.waves import Waves
from releases.webhooks.endpoint import Endpoint
from releases.webhooks.messages import Messages
from releases.webhooks.sender import Sender
from tasks.chain import send_chain
from tasks.services import Services
from wechat.api import QUOTA_ASKERS, WeChat
from wechat.component import Credentials
from wechat.domains import Domains, InvalidDomain
from wechat.http.pace import Limit
from wechat.http.transport import Observe
from wechat.rate.learnt import LearntLimits
from wechat.rate.limits import RateLimits
from wechat.tokens.borrowed import Owner
from wechat.tokens.sealing import Seal
from worker.metrics.calls import CallCounts
from worker.old_workers import old_workers
from worker.redis_client import connect


def build_services(app: Celery, settings: Settings, *, connections: int | None = None) -> Services:
    """Build the real collaborators; at most so many connections to Redis, or as a worker needs."""
    client = connect(settings.redis, connections or settings.worker.concurrency + 20)
    # Of one time, whatever the clocks of workers and clients say: records are compared with it.
    clock = RedisClock(client.time)
    now = clock.now

    queues = {True: URGENT_QUEUE, False: QUEUE}

    def send(release: Release) -> None:
        send_chain(app, release, queues, now())

    db = Database(client, replicas=settings.redis.replicas_to_confirm)
    store = ReleaseStore(db)
    pauses = Pauses(db)
    releases = Releases(store=store, send=send, pauses=pauses, now=now)
    policy = RetryPolicy(**settings.retry.model_dump())
    window = CallWindow(threads=settings.worker.concurrency if settings.worker.pool == "threads" else 1)
    wechat = wechat_of(settings, db, window.observe)
    waves = Waves(db, store=store, pauses=pauses)
    audit_quotas = AuditQuotas(
        client, ask=wechat.audit_quota, newest_appids=lambda: store.newest_appids(QUOTA_ASKERS)
    )
    preflight = Preflight(
        client,
        read_pool=wechat.registered_hosts,
        read_jump_pool=wechat.registered_jump_hosts,
        read_templates=wechat.template_ids,
    )
    wanted = wanted_domains(settings.domains)
    step_deadline_s = settings.worker.step_deadline_s
    leases = Leases(db, step_deadline_s=step_deadline_s)
    timed_pauses = TimedPauses(
        client=client,
        pauses=pauses,
        window=window,
        length_s=policy.outage_s,
        # As long as a worker that died in the middle of a step keeps its lease.
        patience_s=step_deadline_s + MARGIN_S,
        now=now,
    )
    stopping = Stopping(
        policy=policy,
        pauses=pauses,
        timed_pauses=timed_pauses,
        has_ticket=wechat.store.has_ticket,
        forget_audit_quota=audit_quotas.forget,
        now=now,
        random=random.SystemRandom().random,
    )
    publish = settings.publish
    hours = Hours(tuple(publish.hours), frozenset(publish.not_on), ZoneInfo(publish.time_zone))
    times = Times(hours=hours)
    work = Work(
        wanted=wanted,
        preflight=preflight,
        registered_hosts=wechat.registered_hosts,
        registered_jump_hosts=wechat.registered_jump_hosts,
        others=store,
        shop=Shop(store=store, now=now),
        now=now,
        times=times,
    )
    steps = Steps(
        store=store,
        leases=leases,
        work=work,
        stopping=stopping,
        timed_pauses=timed_pauses,
        call_window=window,
        mini_program=wechat.mini_program,
        step_deadline_s=step_deadline_s,
        now=now,
    )
    reader, outbox, actions = Reader(store, pauses), Outbox(db), Actions(db)
    wave_reports = WaveReports(store=store, waves=waves, pauses=pauses, audit_quotas=audit_quotas, now=now)
    messages = Messages(store=store, reader=reader, outbox=outbox, wave_reports=wave_reports, now=now)
    return Services(
        schema=Schema(db, old_workers=lambda: old_workers(app, client)),
        store=store,
        reader=reader,
        releases=releases,
        publications=Publications(store=store, send=send, now=now),
        batch=Batch(store=store, releases=releases),
        orders=Orders(
            store=store,
            releases=releases,
            waves=waves,
            pauses=pauses,
            preflight=preflight,
            audit_quotas=audit_quotas,
            times=times,
            actions=actions,
        ),
        actions=actions,
        waves=waves,
        wave_reports=wave_reports,
        preflight=preflight,
        audit_quotas=audit_quotas,
        leases=leases,
        pauses=pauses,
        timed_pauses=timed_pauses,
        due=Due(db, store=store, pauses=pauses, send=send, queues=queues),
        pushed=Pushed(
            db,
            inbox=wechat.inbox,
            wechat=wechat.authorizing,
            pauses=pauses,
            now=clock.time,
        ),
        steps=steps,
        outbox=outbox,
        webhook_sender=_webhook_sender(settings.webhook, outbox, messages, clock),
        notices=_teller(settings, db, wechat, reader, clock),
        wechat=wechat,
        wanted=wanted,
        step_deadline_s=step_deadline_s,
        publish_queue=PUBLISH_QUEUE,
        now=now,
    )


def _webhook_sender(
    settings: WebhookSettings, outbox: Outbox, messages: Messages, clock: RedisClock
) -> Sender | None:
    url = settings.url.get_secret_value()
    if not url:
        return None
    endpoint = Endpoint(url, settings.keys, now=clock.time)
    return Sender(outbox=outbox, messages=messages, endpoint=endpoint, random=random.SystemRandom().random)


def _teller(
    settings: Settings, db: Database, wechat: WeChat, reader: Reader, clock: RedisClock
) -> Teller | None:
    robots = robots_of(settings.notify, clock.time)
    if not robots:
        return None
    voice, client, store = voice_of(settings.notify), db.redis, reader.store
    age_s = None if settings.tokens.is_borrowed else wechat.store.ticket_age_s
    return Teller(
        memory=Memory(client),
        following=Following(client, store),
        facts=Facts(client, reader=reader, voice=voice, ticket_age_s=age_s),
        stopped=StoppedReleases(client, store, voice),
        robots=robots,
        now=clock.time,
    )


def voice_of(settings: NotifySettings) -> Voice:
    """How notices are put into words."""
    return Voice(is_chinese=settings.language == "zh", page_url=settings.page_url)


def robots_of(settings: NotifySettings, now: Callable[[], float]) -> list[Robot]:
    """The robots that were set; `now` is the time of their signatures, in seconds."""
    voice, none = voice_of(settings), SecretStr("")
    known: tuple[tuple[type[Robot], SecretStr, SecretStr], ...] = (
        (WeCom, settings.wecom_url, none),
        (DingTalk, settings.dingtalk_url, settings.dingtalk_secret),
        (Feishu, settings.feishu_url, settings.feishu_secret),
    )
    return [
        made(url.get_secret_value(), secret.get_secret_value(), voice=voice, now=now)
        for made, url, secret in known
        if url.get_secret_value()
    ]


def wechat_of(settings: Settings, db: Database, *observers: Observe) -> WeChat:
    """Build the client of the WeChat API; the observers are told of each call."""
    told: tuple[Observe, ...] = (CallCounts(db.redis), *observers)

    def observe(endpoint: str, errcode: int | None, seconds: float) -> None:
        for tell in told:
            tell(endpoint, errcode, seconds)

    tokens = settings.tokens
    return WeChat(
        api_url=settings.wechat.api_url,
        connect_timeout_s=settings.wechat.connect_timeout_s,
        read_timeout_s=settings.wechat.read_timeout_s,
        credentials=Credentials(settings.platform.appid, settings.platform.appsecret.get_secret_value()),
        db=db,
        seal=Seal(settings.redis.fernet_keys, encrypts=settings.redis.encrypts),
        pace=rate_limits(settings.rate, db.redis),
        sleep=time.sleep,
        observe=observe,
        owner=Owner(tokens.url, tokens.key.get_secret_value()) if tokens.is_borrowed else None,
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


def wanted_domains(settings: DomainSettings) -> Domains:
    """The platform's domains, checked; raises SettingsError naming the variable."""
    try:
        return Domains.wanted(settings.model_dump())
    except InvalidDomain as error:
        raise SettingsError([f"MPRELEASE_DOMAINS__{error.list_name.upper()}: {error.problem}"]) from None


def figures_reader(client: redis.Redis) -> FiguresReader:
    """Build what reads the platform's figures for monitors."""
    return FiguresReader(
        client,
        store=ReleaseStore(Database(client)),
        now=RedisClock(client.time).now,
        queues=QUEUES,
        outbox=Outbox(Database(client)),
    )
