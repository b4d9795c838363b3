"""`GET /tokens/APPID` over real HTTP: what is lent, what is refused, and what a rejection does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
import requests
from fastapi import APIRouter, FastAPI

from db.database import Database
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPSECRET,
    PLATFORM,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import Fields, Request, ScriptedWeChat, hang_up, refusal
from tests.support.owner import KEY, PREFIX, Owner, digest, owner, served
from web.routes.tokens import lending
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.tokens.borrowed import Owner as Elsewhere
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TICKET_KEY, TokenStore

APPID, OTHER = "wx0123456789abcdef", "wx00000000000000ff"


@pytest.fixture
def wechat() -> Iterator[ScriptedWeChat]:
    scripted = ScriptedWeChat()
    granted: dict[str, int] = {}

    def grant(request: Request) -> Fields:
        slot = str(request.fields.get("authorizer_appid", "component"))
        granted[slot] = granted.get(slot, 0) + 1
        name = "component_access_token" if slot == "component" else "authorizer_access_token"
        return {name: f"{slot}-{granted[slot]}", "expires_in": 7200, "authorizer_refresh_token": ""}

    scripted.on(API_COMPONENT_TOKEN, grant)
    scripted.on(API_AUTHORIZER_TOKEN, grant)
    with scripted.server:
        yield scripted


@pytest.fixture
def lender(redis_url: str, redis_client: redis.Redis, wechat: ScriptedWeChat) -> Iterator[Owner]:
    with owner(redis_url, wechat.url, PLATFORM, APPSECRET) as running:
        running.wechat.store.put_ticket(TICKET)
        running.wechat.store.put_refresh_tokens({APPID: REFRESH_TOKEN})
        yield running


def ask(lender: Owner, slot: str, **query: str) -> requests.Response:
    url = f"{lender.base}{PREFIX}/tokens/{slot}"
    return requests.get(url, query, headers={"Authorization": f"Bearer {KEY}"}, timeout=20)


def token(lender: Owner, slot: str = APPID, **query: str) -> str:
    answer = ask(lender, slot, **query)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_a_token_is_lent_with_what_is_left_of_its_life_and_kept_by_nobody(
    lender: Owner, wechat: ScriptedWeChat, redis_client: redis.Redis
) -> None:
    first = ask(lender, APPID)
    assert first.json() == {"access_token": f"{APPID}-1", "expires_in": pytest.approx(7200, abs=5)}
    assert first.headers["Cache-Control"] == "no-store"

    redis_client.pexpire(f"wechat:token:{APPID}", 5_000_000)
    assert ask(lender, APPID).json() == {
        "access_token": f"{APPID}-1",
        "expires_in": pytest.approx(4999, abs=5),
    }
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1


def test_the_platforms_own_token_is_lent_as_component(lender: Owner) -> None:
    assert token(lender, "component") == "component-1"


def test_a_token_that_is_due_is_refreshed_before_it_is_lent(lender: Owner, redis_client: redis.Redis) -> None:
    token(lender)
    redis_client.pexpire(f"wechat:token:{APPID}", 599_000)
    assert token(lender) == f"{APPID}-2"


def test_only_the_current_token_is_replaced_when_it_is_rejected_and_once_a_minute(
    lender: Owner, wechat: ScriptedWeChat, redis_client: redis.Redis
) -> None:
    first = token(lender)
    assert token(lender, rejected=digest("another")) == first
    second = token(lender, rejected=digest(first))
    assert second == f"{APPID}-2"
    # A late rejection of what was replaced, and one that comes too soon.
    assert token(lender, rejected=digest(first)) == second
    assert token(lender, rejected=digest(second)) == second
    # That of another does not wait for it.
    own = token(lender, "component")
    assert token(lender, "component", rejected=digest(own)) == "component-2"

    (mark,) = redis_client.scan_iter(f"wechat:token-lock:lent:{APPID}")
    assert 0 < redis_client.ttl(mark) <= 60
    redis_client.delete(mark)
    assert token(lender, rejected=digest(second)) == f"{APPID}-3"
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 3


@pytest.mark.parametrize("slot", [OTHER, "wx1", "Component", "ticket", "wx0123456789abcde%0a"])
def test_what_is_unknown_is_not_found(lender: Owner, slot: str) -> None:
    refused_with(ask(lender, slot), 404, retry_after=False)


@pytest.mark.parametrize("rejected", ["", "x", "0" * 63, "0" * 65, "0" * 64 + "\n"])
def test_what_is_no_digest_is_refused(lender: Owner, rejected: str) -> None:
    assert ask(lender, APPID, rejected=rejected).status_code == 422


@pytest.mark.parametrize("reply", [hang_up, refusal(-1), refusal(45009), refusal(61004)])
@pytest.mark.parametrize("path", [API_COMPONENT_TOKEN, API_AUTHORIZER_TOKEN])
def test_where_wechat_gives_none_a_borrower_is_told_when_to_come_again(
    lender: Owner, wechat: ScriptedWeChat, path: str, reply: Any
) -> None:
    wechat.on(path, reply)
    refused_with(ask(lender, APPID), 503, retry_after=True)


@pytest.mark.parametrize("errcode", [61003, 61023, 61007])
def test_a_mini_program_that_wechat_refuses_stops_no_borrower(
    lender: Owner, wechat: ScriptedWeChat, errcode: int
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, refusal(errcode))
    assert str(errcode) in refused_with(ask(lender, APPID), 404, retry_after=False)


@pytest.mark.parametrize("errcode", [61003, 61023])
def test_what_wechat_refuses_the_platform_itself_is_no_mini_programs_own(
    lender: Owner, wechat: ScriptedWeChat, errcode: int
) -> None:
    wechat.on(API_COMPONENT_TOKEN, refusal(errcode))
    refused_with(ask(lender, APPID), 503, retry_after=True)
    refused_with(ask(lender, "component"), 503, retry_after=True)


def test_without_a_ticket_a_borrower_is_told_when_to_come_again(
    lender: Owner, redis_client: redis.Redis
) -> None:
    redis_client.delete(TICKET_KEY)
    assert "component_verify_ticket" in refused_with(ask(lender, APPID), 503, retry_after=True)


def test_without_the_encryption_keys_nothing_is_lent(lender: Owner, redis_client: redis.Redis) -> None:
    sealed = Seal(["0" * 42 + "A="])
    TokenStore(Database(redis_client), sealed).put_refresh_tokens({APPID: REFRESH_TOKEN})
    refused_with(ask(lender, APPID), 503, retry_after=True)


@pytest.mark.parametrize(
    ("secret", "elsewhere", "why"),
    [
        ("", None, "MPRELEASE_PLATFORM__APPSECRET"),
        (APPSECRET, Elsewhere("http://127.0.0.1:1/{appid}", KEY), "MPRELEASE_TOKENS__SOURCE"),
    ],
    ids=["no secret", "borrows itself"],
)
def test_who_is_not_the_owner_lends_none(
    lender: Owner, redis_client: redis.Redis, wechat: ScriptedWeChat, secret: str, elsewhere: Any, why: str
) -> None:
    token(lender)  # there is one in Redis
    other = WeChat(
        api_url=wechat.url,
        connect_timeout_s=5,
        read_timeout_s=5,
        credentials=Credentials(PLATFORM, secret),
        db=Database(redis_client),
        seal=Seal(),
        owner=elsewhere,
    )
    lent_by(other, why)


def lent_by(wechat: WeChat, why: str) -> None:
    app = FastAPI()
    app.include_router(lending(APIRouter(), wechat.lender))
    with served(app) as base:
        answer = requests.get(f"{base}/tokens/{APPID}", timeout=20)
    assert why in refused_with(answer, 503, retry_after=False)


def refused_with(answer: requests.Response, status: int, *, retry_after: bool) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) is retry_after
    document = answer.json()
    assert (document["status"], document["title"] != "") == (status, True)
    for secret in (APPSECRET, TICKET, REFRESH_TOKEN, KEY, f"{APPID}-1", "component-1"):
        assert secret not in answer.text
    return str(document["detail"])
