"""The screen of the platform: what needs a person, and the rest, whatever others wrote there."""

from __future__ import annotations

import json
import re

import pytest
import redis
from markupsafe import escape

from db.database import Database
from releases.scope import Scope
from releases.store import keys
from releases.store.outbox import Outbox
from releases.store.pauses import Pause, Pauses
from tests.integration.web.page.conftest import Browser, browser_of
from tests.support.api import Api
from tests.support.examples import a_problem
from tests.support.keys import NEW
from wechat.tokens.counting import SecretCounter
from wechat.tokens.rekeying import StoredSecrets
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.celery_patches import set_aside

#: `make test` has to be quick.
pytestmark = pytest.mark.long

#: What WeChat, a merchant or an orchestrator may write where a person reads it.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202e\u2067gnp.exe\u2066",
    "x" * 10_000,
    "{{ 7 * 7 }}{% raw %}%(number)d",
)


@pytest.fixture
def pauses(redis_client: redis.Redis) -> Pauses:
    return Pauses(Database(redis_client))


def alarms_in(screen: str) -> list[str]:
    return re.findall(r'id="alarm-([\w-]+)"', screen)


def test_the_screen_tells_all_without_appsecret_and_keys(reader: Browser, redis_client: redis.Redis) -> None:
    """The server of these tests has neither."""
    store = TokenStore(Database(redis_client), Seal([NEW]))
    store.put_ticket("a-ticket-that-nobody-sees")
    store.put_refresh_tokens({"wx0000000000000001": "a-token-that-nobody-sees"})
    SecretCounter(Database(redis_client), StoredSecrets(Database(redis_client), Seal([NEW]))).refresh()
    redis_client.set(keys.POOL, json.dumps(["api.example.com"]))
    redis_client.set(keys.AUDIT_QUOTA, json.dumps({"rest": 5, "limit": 20, "submitted": 0}), ex=86_400 - 600)
    redis_client.lpush("releases", "no message")

    told = reader.open("/platform")

    assert not set(alarms_in(told)) - {"no-worker"}
    for text in (
        "stored 0 s ago",
        "<dd>2, of which in plain text: 0</dd>",
        "5 of 20; releases on their way take 0",
        "WeChat was asked 10 min ago",
        "<code>api.example.com</code>",
        '<code>releases</code></th><td class="number" data-label="Messages">1</td>',
    ):
        assert text in told
    assert "that-nobody-sees" not in told
    assert 'aria-current="page"' in told


def test_a_pause_is_told_first_with_who_and_why_and_what_to_do(
    reader: Browser, pauses: Pauses, page: Api
) -> None:
    pauses.begin_by_hand(Scope.SUBMISSIONS, "holiday", "user:olga")
    told = reader.open("/platform")
    assert alarms_in(told)[0] in {"paused-submissions", "no-worker"}
    alarm = told.partition('id="alarm-paused-submissions"')[2].partition("</li>")[0]
    assert "<bdi>user:olga</bdi>" in alarm
    assert "<bdi>holiday</bdi>" in alarm
    assert '<a href="/platform">“Let … go on…”</a> ends the pause.' in alarm
    chinese = browser_of(page, "read", "zh-CN").open("/platform")
    assert "“恢复整个平台…”或“恢复提审…”</a> 解除暂停。" in chinese
    assert "（<code>mprelease receiver</code>）" in chinese
    assert "/act/resume" not in told
    assert "/act/resume?scope=submissions" in browser_of(page, "operate").open("/platform")


def test_messages_set_aside_are_listed_with_their_commands(
    reader: Browser, redis_client: redis.Redis
) -> None:
    for number in range(23):
        set_aside.put(redis_client, b"the body of it", f"no message: {number}")
    told = reader.open("/platform")
    assert "set-aside" in alarms_in(told)
    assert ("no message: 22" in told, "no message: 2<" in told) == (True, False)
    assert "and 3 older ones" in told
    assert "mprelease set-aside requeue" in told
    assert "the body of it" not in told


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_text(
    reader: Browser, pauses: Pauses, redis_client: redis.Redis, text: str
) -> None:
    problem = a_problem(errcode=85009, errmsg=text, remedy=text, domains={"requestdomain": [text]})
    pauses.begin(Scope.ALL, Pause(**problem.model_dump(), actor=text, reason=text))
    set_aside.put(redis_client, text.encode(), text)
    redis_client.set(keys.POOL, json.dumps([text]))
    Outbox(Database(redis_client)).open()
    redis_client.hset(keys.WEBHOOK, mapping={"name": text, "error": text, "failures": 1})

    told = reader.open("/platform")

    assert set(alarms_in(told)) - {"no-worker"} == {
        "paused-all",
        "ticket-none",
        "set-aside",
        "webhook-failing",
    }
    assert "<script>alert" not in told
    assert "<img" not in told
    assert told.count(f"<bdi>{escape(text)[:100]}") + told.count(f"<code>{escape(text)[:100]}") >= 5
