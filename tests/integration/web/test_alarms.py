"""What the platform's screen says needs a person: each alarm by what makes it, on a Redis, and none where all is well."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from celery import Celery

from config.sections.tokens import TokensSettings
from config.settings import DomainSettings, RedisSettings, Settings
from db.database import Database
from releases.record import Release
from releases.scope import Scope
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import Status, Step
from releases.store import keys
from releases.store.known import Known
from releases.store.outbox import Outbox
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.store.schema import NEWEST
from tasks.chain import send_chain
from tasks.services import Services
from tests.support.examples import a_problem, a_release, a_request
from tests.support.keys import NEW, OLD, OTHER
from tests.support.records import QUEUES, create_in
from web.platform.alarms import Alarm, alarms
from web.platform.standing import Standing, StandingReader
from wechat.tokens.counting import SecretCounter
from wechat.tokens.rekeying import StoredSecrets
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TICKET_LIFETIME_S, TokenStore
from worker.asking import Answer
from worker.celery_patches import set_aside
from worker.wiring import build_services, figures_reader

#: `make test` has to be quick.
pytestmark = pytest.mark.long

WANTED = {"requestdomain": ["https://api.example.com"], "webviewdomain": ["https://www.example.com"]}
WELL = Answer(problem="", schema=NEWEST, settings={"MPRELEASE_REDIS__REPLICAS": "a" * 64})
NOTHING = Known(active=None, same=None)


@dataclass
class World:
    """A platform that is well, until a test says otherwise."""

    client: redis.Redis
    app: Celery
    services: Services
    fleet: dict[str, Answer] | None = field(default_factory=lambda: {"one@host": WELL, "two@host": WELL})

    @property
    def db(self) -> Database:
        return Database(self.client)

    def read(self) -> Standing:
        reader = StandingReader(self.client, figures=figures_reader(self.client), fleet=lambda: self.fleet)
        return reader.read(self.services)

    def alarms(self) -> dict[str, Alarm]:
        return {alarm.name: alarm for alarm in alarms(self.read())}

    def ticket(self, age_s: int) -> None:
        self.client.set("wechat:ticket", "sealed", ex=TICKET_LIFETIME_S - age_s)

    def secrets(self, seal: Seal, reading: Seal) -> None:
        """One refresh token and the ticket as `seal` stores them, counted by who has other keys."""
        store = TokenStore(self.db, seal)
        store.put_ticket("a-ticket")
        store.put_refresh_tokens({"wx0000000000000001": "a-refresh-token"})
        SecretCounter(self.db, StoredSecrets(self.db, reading)).refresh()

    def release(self, **fields: Any) -> Release:
        store = ReleaseStore(self.db)
        release = a_release(a_request())
        assert create_in(store, release, NOTHING)
        before = store.get(release.id)
        assert before is not None
        return store.save(before, release.model_copy(update=fields)).release


@pytest.fixture
def world(celery_app: Celery, redis_url: str, redis_client: redis.Redis) -> World:
    settings = Settings(
        redis=RedisSettings.model_validate({"url": redis_url}), domains=DomainSettings.model_validate(WANTED)
    )
    made = World(redis_client, celery_app, build_services(celery_app, settings))
    made.ticket(60)
    return made


def ago(**time_: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time_)


def submitted(world: World) -> None:
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=ago(days=8))
    world.release(status=Status.SUBMITTED, step=Step.WATCH_AUDIT, review=review)


def approved(world: World) -> None:
    review = Review(status=ReviewStatus.APPROVED, submitted_at=ago(days=8), decided_at=ago(days=4))
    world.release(status=Status.APPROVED, step=Step.WATCH_AUDIT, review=review)


def broken(world: World) -> None:
    world.release(
        status=Status.BLOCKED,
        step=Step.VERIFY_LIVE,
        block=a_problem(step=Step.VERIFY_LIVE),
        publication=Publication(id="p", ordered_at=ago(hours=1)),
    )


def slow(world: World) -> None:
    send_chain(world.app, world.release(updated_at=ago(hours=2)), QUEUES, ago())


def webhook(world: World, **fields: Any) -> None:
    Outbox(world.db).open()
    world.client.zadd(keys.CHANGED, {"release:x": time.time() - 3000})
    for name, value in fields.items():
        world.client.hset(keys.WEBHOOK, name, value)


def quota(world: World, rest: int) -> None:
    world.client.set(keys.AUDIT_QUOTA, f'{{"rest": {rest}, "limit": 100, "submitted": 0}}', ex=86_400)


def late(world: World) -> None:
    world.client.zadd("releases:due:looks", {"x": time.time() - 3 * 3600})


def with_worker(world: World, answer: Answer) -> None:
    world.fleet = {"one@host": WELL, "two@host": answer}


CAUSES: dict[str, Callable[[World], object]] = {
    "ticket-none": lambda world: world.client.delete("wechat:ticket"),
    "ticket-old": lambda world: world.ticket(31 * 60),
    "paused-all": lambda world: Pauses(world.db).begin_by_hand(Scope.ALL, "holiday", "user:olga"),
    "paused-submissions": lambda world: Pauses(world.db).begin_by_hand(Scope.SUBMISSIONS, ""),
    "schema": lambda world: world.client.set(keys.SCHEMA, NEWEST + 1),
    "no-worker": lambda world: setattr(world, "fleet", {}),
    "workers-old": lambda world: with_worker(world, Answer.read({"error": "unknown"})),
    "workers-stuck": lambda world: with_worker(world, Answer("it works on nothing", NEWEST, WELL.settings)),
    "workers-differ": lambda world: with_worker(
        world, Answer("", NEWEST, {"MPRELEASE_REDIS__REPLICAS": "b" * 64})
    ),
    "secrets-plain": lambda world: world.secrets(Seal(), Seal()),
    "secrets-outdated": lambda world: world.secrets(Seal([OLD]), Seal([NEW, OLD])),
    "secrets-unreadable": lambda world: world.secrets(Seal([OTHER]), Seal([NEW])),
    "set-aside": lambda world: set_aside.put(world.client, b"\xff", "no message at all"),
    "webhook-failing": lambda world: webhook(world, name="hook", failures=2, error="HTTP 500"),
    "webhook-late": webhook,
    "queue-slow": slow,
    "looks-late": late,
    "pool": lambda world: world.client.set(keys.POOL, '["other.example.com"]'),
    "web-view-pool": lambda world: world.client.set(keys.JUMP_POOL, "[]"),
    "live-broken": broken,
    "quota-low": lambda world: quota(world, 9),
    "audit-long": submitted,
    "approved-long": approved,
}


@pytest.mark.parametrize("name", CAUSES)
def test_what_needs_a_person_is_told_with_what_to_do(world: World, name: str) -> None:
    assert world.alarms() == {}

    CAUSES[name](world)

    (alarm,) = alarms(world.read())
    assert alarm.name == name
    assert alarm.text % alarm.said
    remedy = alarm.remedy if alarm.pause is None else alarm.pause.remedy
    assert remedy % alarm.said


def test_a_platform_with_all_that_may_be_there_is_well(world: World) -> None:
    world.secrets(Seal([NEW]), Seal([NEW]))
    quota(world, 10)
    Outbox(world.db).open()
    world.client.set(keys.POOL, '["api.example.com"]')
    world.client.set(keys.JUMP_POOL, '["example.com"]')
    world.client.set(keys.SCHEMA, NEWEST)
    world.release()
    assert world.alarms() == {}


def test_more_on_its_way_than_is_left_is_low(world: World) -> None:
    world.release()
    quota(world, 0)
    assert world.alarms()["quota-low"].said == {"limit": 100, "rest": 0, "reserved": 1}


def test_who_borrows_tokens_needs_no_ticket(world: World, redis_url: str) -> None:
    world.client.delete("wechat:ticket")
    tokens = {"source": "http", "url": "https://owner.example.com/{appid}", "key": "k" * 32}
    redis_ = RedisSettings.model_validate({"url": redis_url})
    settings = Settings(redis=redis_, tokens=TokensSettings.model_validate(tokens))
    world.services = build_services(world.app, settings)
    assert world.alarms() == {}


def test_the_gravest_come_first(world: World) -> None:
    CAUSES["set-aside"](world)
    CAUSES["no-worker"](world)
    assert list(world.alarms()) == ["no-worker", "set-aside"]


def test_secrets_are_counted_without_being_told(world: World) -> None:
    world.secrets(Seal([NEW]), Seal([NEW]))
    TokenStore(world.db, Seal([NEW])).begin_refresh("component", 10)
    counts = world.read().secrets
    assert counts is not None
    assert (counts.total, counts.authorizers, counts.component_left_s) == (2, 1, None)
    assert "a-refresh-token" not in str(world.client.get("platform:stored-secrets"))


def test_what_is_sealed_anew_is_counted_anew(world: World) -> None:
    world.secrets(Seal(), Seal([NEW]))
    assert "secrets-plain" in world.alarms()
    stored = StoredSecrets(world.db, Seal([NEW]))
    counter = SecretCounter(world.db, stored)
    counter.refresh()  # somebody has, lately
    assert "secrets-plain" in world.alarms()
    stored.seal_anew()
    counter.refresh()
    assert world.alarms() == {}
