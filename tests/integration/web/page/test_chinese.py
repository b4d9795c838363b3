"""The page in Chinese: no word of English on any screen, whatever the releases, waves and the platform are going through."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import redis

from db.database import Database
from releases import remedies
from releases.record import By, Event, Progress, Release
from releases.scope import Scope
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import ACTIVE, Status, Step
from releases.store import keys
from releases.store.actions import Action, Actions, What
from releases.store.outbox import Outbox
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy, canary_pause, publication_canary
from releases.waves.waves import Waves
from tests.integration.web.page.conftest import Browser, browser_of, log_in, somebody
from tests.support.api import Api
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.keys import NEW
from tests.support.records import created
from web.page import addresses
from web.page.acts.done import Done
from web.page.acts.kinds import Act
from web.page.visit import FORM_COOKIE
from wechat.tokens.counting import SecretCounter
from wechat.tokens.rekeying import StoredSecrets
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.celery_patches import set_aside

#: `make test` has to be quick.
pytestmark = pytest.mark.long

#: What is called so in Chinese as well.
NAMES = {"mprelease", "appid", "errcode", "rid", "csv", "json", "wechat", "api", "redis", "utc", "english"}
NAMES |= {
    "worker",
    "token",
    "ticket",
    "webhook",
    "celery",
    "appsecret",
    "javascript",
    "access",
    "refresh",
    "http",
}
#: What is typed or looked for as it stands: commands, settings, WeChat's and our names and paths, addresses.
TYPED = re.compile(
    r"`[^`]*`|MPRELEASE_\w+|mprelease [a-z-]+( [\w.-]+)*|https?://\S+|\b\w+_\w+\b|(?<=[（(])(?:resume|cancel|enqueue|blocked|failed)(?=[）)])"
    r"|/[\w/-]+|POST|NAME|\b[0-9a-f]{8,}\b|wx[0-9a-f]+|\b\w+\.(?:html|json|example\.com)\b"
)
#: What others wrote, which stays as they wrote it.
THEIRS = (
    "spring sale",
    "careful wave",
    "Corner Shop",
    "1.4.2-beta",
    "faster checkout",
    "two words why",
    "user:olga",
    "petra",
    "reader",
)
SAID = "some refusal of theirs"
DOMAINS = {"requestdomain": ["https://pay.example.com"]}


def left_over(html: str) -> list[str]:
    """The English words that a person reads or is read."""
    shown = re.sub(
        r"<(code|pre|time|script|style)\b.*?</\1>|<a lang=\"en\".*?</a>", " ", html, flags=re.DOTALL
    )
    read = re.findall(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"', shown)
    texts = " ".join((*read, re.sub(r"<[^>]+>", " ", shown)))
    said = unescape(texts)
    for theirs in (*THEIRS, SAID):
        said = said.replace(theirs, " ")
    words = re.findall(r"[A-Za-z]{3,}", TYPED.sub(" ", said))
    return [word for word in words if word.lower() not in NAMES]


def test_english_would_be_found() -> None:
    assert left_over('<p title="Whole day">All</p><code>none</code> <bdi>spring sale</bdi> errcode 1') == [
        "Whole",
        "day",
        "All",
    ]


@pytest.fixture
def store_one(store: ReleaseStore) -> Any:
    numbers = iter(range(1, 1000))

    def made(wave: str | None = "spring sale", **fields: Any) -> Release:
        request = a_request(
            appid=f"wx{next(numbers):016x}",
            wave=wave,
            label="Corner Shop",
            user_version="1.4.2-beta",
            user_desc="faster checkout",
        )
        stored = created(store, a_release(request))
        return store.save(
            stored,
            stored.release.changed(
                "ordered to go live", NOW, By(actor="user:olga", reason="two words why"), **fields
            ),
        ).release

    return made


def fields_of(status: Status) -> dict[str, Any]:
    """A release in this status, with all that it may tell."""
    fields: dict[str, Any] = {"status": status, "auditid": 4711, "attempts": {"commit_code": 2}}
    if status not in ACTIVE:
        fields["step"] = Step.SUBMIT_AUDIT
    reviews = {Status.SUBMITTED: ReviewStatus.DELAYED, Status.REJECTED: ReviewStatus.REJECTED}
    fields["review"] = Review(
        status=reviews.get(status, ReviewStatus.APPROVED),
        reason=SAID,
        screenshots=("a", "b"),
        submitted_at=NOW,
        decided_at=NOW,
        checked_at=NOW,
    )
    if status in (Status.LIVE, Status.REPLACED, Status.REVERTED):
        fields["publication"] = Publication(
            ordered_at=NOW, ordered_by="user:olga", released_at=NOW, missing_domains=DOMAINS
        )
    if status is Status.BLOCKED:
        fields["block"] = a_problem(
            errcode=85018, errmsg=SAID, rid="1-2-3", domains=DOMAINS, remedy="Register it."
        )
    if status is Status.FAILED:
        fields["failure"] = a_problem(
            errmsg="/wxa/commit: no answer within the read timeout", remedy=remedies.UNANSWERED()
        )
    if status is Status.WAITING:
        fields |= {"wait": a_problem(errcode=85085, errmsg=SAID), "next_attempt_at": NOW}
    if status is Status.CANCELLED:
        fields["progress"] = Progress(cancelled_because="cancelled by request: two words why")
    return fields


#: Lines of a history, one of each kind; that all have their Chinese is tested in tests/unit/releases/phrases.
LINES = (
    "waiting: errcode 45009",
    "blocked: errcode 85018",
    "committed again, instead of version 1.4.2-beta (faster checkout)",
    "audit 4711 is approved; somebody else has submitted since: audit 4712 of version 1.4.2-beta (in review)",
    "version 1.4.2-beta (faster checkout), published 2026-03-14 09:26 UTC is live with all domains",
)


@pytest.fixture
def every_status(store_one: Any, store: ReleaseStore) -> Mapping[Status, Release]:
    found = {status: store_one(**fields_of(status)) for status in Status}
    live = found[Status.LIVE]
    history = [Event(time=NOW, step=Step.COMMIT_CODE, what=line) for line in LINES]
    stored = store.get(live.id)
    assert stored is not None
    store.save(stored, live.model_copy(update={"history": (*live.history, *history)}))
    return found


@pytest.fixture
def chinese(page: Api, redis_client: redis.Redis) -> Browser:
    return browser_of(page, "publish", "zh-CN")


def assert_no_english(who: Browser, path: str, status: int = 200) -> None:
    told = who.open(path, status)
    assert not left_over(told), path
    assert "�" not in told


def test_releases_and_mini_programs(chinese: Browser, every_status: Mapping[Status, Release]) -> None:
    for release in every_status.values():
        assert_no_english(chinese, f"/release/{release.id}")
        assert_no_english(chinese, f"/mini-program/{release.appid}")
    for path in ("/releases", "/find?q=Corner+Shop", "/releases?wave=none"):
        assert_no_english(chinese, path)
    assert_no_english(chinese, "/releases?status=x&step=x&errcode=x&appid=x&age=x", 422)


def test_waves(
    chinese: Browser,
    every_status: Mapping[Status, Release],
    store_one: Any,
    redis_client: redis.Redis,
    store: ReleaseStore,
) -> None:
    waves = Waves(Database(redis_client), store=store, pauses=(pauses := Pauses(Database(redis_client))))
    policy = WavePolicy(canary=2, max_blocked=10)
    store_one(wave="careful wave")
    pauses.begin("wave:careful wave", canary_pause("careful wave", policy))
    pauses.begin("live:spring sale", publication_canary("spring sale", policy, went_well=True))
    waves.set_bound("spring sale", 5)
    waves.look()
    pauses.begin_by_hand(Scope.SUBMISSIONS, "two words why", "user:olga")
    store_one(
        step=Step.PUBLISH,
        status=Status.BLOCKED,
        publication=Publication(ordered_at=NOW),
        block=a_problem(
            step=Step.PUBLISH,
            errmsg="no server domain is configured, so none can be ensured",
            remedy=remedies.NO_DOMAINS(),
        ),
    )
    redis_client.set(keys.AUDIT_QUOTA, json.dumps({"rest": 0, "limit": 20, "submitted": 0}), ex=80_000)
    for path in ("/", "/wave?name=spring+sale", "/wave?name=careful+wave"):
        assert_no_english(chinese, path)


def test_the_platform(
    chinese: Browser, redis_client: redis.Redis, every_status: Mapping[Status, Release]
) -> None:
    db = Database(redis_client)
    assert_no_english(chinese, "/platform")
    tokens = TokenStore(db, Seal([NEW]))
    tokens.put_ticket("a-ticket")
    TokenStore(db, Seal()).put_refresh_tokens({"wx0000000000000001": "a-token"})
    SecretCounter(db, StoredSecrets(db, Seal([NEW]))).refresh()
    redis_client.set(keys.POOL, json.dumps(["api.example.com"]))
    redis_client.set(keys.AUDIT_QUOTA, json.dumps({"rest": 1, "limit": 20, "submitted": 0}), ex=80_000)
    Outbox(db).open()
    redis_client.hset(keys.WEBHOOK, mapping={"name": SAID, "error": SAID, "failures": 1})
    set_aside.put(redis_client, b"body", SAID)
    problem = a_problem(
        errmsg="WeChat answers hardly any call of any Mini Program; the last one: HTTP 502",
        remedy=remedies.TRYING(),
    )
    Pauses(db).begin(Scope.ALL, Pause(**problem.model_dump()))
    Pauses(db).begin_by_hand(Scope.SUBMISSIONS, "two words why", "user:olga")
    assert_no_english(chinese, "/platform")


def test_the_log_and_the_acts(
    chinese: Browser, page: Api, redis_client: redis.Redis, every_status: Mapping[Status, Release]
) -> None:
    actions, by = Actions(Database(redis_client)), By(actor="user:olga", reason="two words why")
    details = (
        "canary 2, at most 10 % blocked or failed",
        "errcode 85018",
        "blocked ensure_domains 85018",
        None,
    )
    for number, what in enumerate(What):
        scope = list(Scope)[number % 2]
        actions.note(
            Action.of(
                what,
                by,
                NOW + timedelta(seconds=number),
                wave="spring sale",
                scope=scope,
                detail=details[number % 4],
            )
        )
    assert_no_english(chinese, "/log")
    for act in ("plan", "look", "resume", "cancel", "publish", "revert"):
        assert_no_english(chinese, f"/act/{act}?wave=spring+sale")
        for release in every_status.values():
            assert_no_english(chinese, f"/act/{act}?release={release.id}")
    for scope in Scope:
        assert_no_english(chinese, f"/act/pause?scope={scope}")
        Pauses(Database(redis_client)).begin_by_hand(scope, "two words why", "user:olga")
        assert_no_english(chinese, f"/act/resume?scope={scope}")
    reader = browser_of(page, "read", "zh-CN")
    for path in ("/act/cancel?wave=spring+sale", "/act/publish?wave=spring+sale"):
        assert_no_english(reader, path, 403)
    for path in ("/", "/platform", f"/release/{every_status[Status.BLOCKED].id}"):
        assert_no_english(reader, path)
    token = chinese.session.cookies[FORM_COOKIE]
    for act in set(Act) - {Act.PLAN}:
        for done in (Done(act, 2), Done(act, 0), Done(act, 2, goes_on=True)):
            here = addresses.to("/", **done.query(token))
            assert 'class="card done"' in chinese.open(here)
            assert_no_english(chinese, here)


def test_what_goes_wrong(chinese: Browser, redis_client: redis.Redis) -> None:
    for path, status in (
        ("/nowhere", 404),
        ("/release/none", 404),
        ("/wave?name=none", 404),
        ("/releases?cursor=x", 422),
        ("/releases.csv?errcode=x", 422),
        ("/act/resume", 422),
        ("/act/withdraw?wave=none", 422),
        ("/act/cancel?wave=none", 404),
        ("/act/x?wave=none", 422),
        ("/act/resume?wave=none&errcode=x", 422),
    ):
        typed = {"none", "act", "errcode", "cursor", "wave", "release", "scope", "give", *Act}
        assert set(left_over(chinese.open(path, status))) <= typed, path
    answer = chinese.send("/act/pause?scope=all", form="x")
    assert answer.status_code == 403
    assert not left_over(answer.text)


def test_the_login(entrance: Api, redis_client: redis.Redis, page: Api) -> None:
    who = somebody(entrance)
    who.session.headers["Accept-Language"] = "zh-CN"
    assert_no_english(who, "/login")
    for fields in ({"password": "x"}, {"name": ""}):
        answer = log_in(who, **{"password": "x", **fields})
        assert answer.status_code != 200
        assert not left_over(answer.text.replace("anna", ""))
    stranger = Browser(page.url, None, "zh-CN")
    assert_no_english(stranger, "/login", 403)
