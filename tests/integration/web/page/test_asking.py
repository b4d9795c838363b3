"""What the page asks WeChat, where its process may: one Mini Program on a click, and the screenshots of a rejection."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis

from db.database import Database
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tests.integration.cli.test_by_hand import AUDIT, EFFECTIVE, GRAY, VERSIONS
from tests.integration.web.page.conftest import HEADER, Browser, browser_of
from tests.integration.web.page.test_chinese import left_over
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPSECRET,
    PLATFORM,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import ScriptedWeChat, issue, refusal
from tests.support import api as serving
from tests.support.api import Api
from tests.support.examples import APPID as SHOP
from tests.support.examples import a_release
from tests.support.records import created
from wechat.push.inbox import UNAUTHORIZED, Inbox
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore

pytestmark = pytest.mark.long

MATERIAL = "/cgi-bin/material/get_material"
#: The server's user of Redis, from whom a test takes a right.
USER, PASSWORD = "page", "not-to-be-guessed"
EVERYTHING = {"keys": ["*"], "channels": ["*"], "categories": ["+@all"]}


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedWeChat]:
    made = ScriptedWeChat()
    with made.server:
        yield made


@pytest.fixture(scope="module")
def page(
    environment: dict[str, str],
    redis_url: str,
    scripted: ScriptedWeChat,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Api]:
    with redis.Redis.from_url(redis_url) as client:
        client.acl_setuser(USER, enabled=True, passwords=f"+{PASSWORD}", **EVERYTHING)
        there = urlsplit(redis_url)
        ours = {
            **environment,
            "MPRELEASE_REDIS__URL": f"redis://{USER}:{PASSWORD}@{there.hostname}:{there.port}{there.path}",
            "MPRELEASE_WEB__PROXY_USER_HEADER": HEADER,
            "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1",
            "MPRELEASE_WECHAT__API_URL": scripted.url,
            "MPRELEASE_PLATFORM__APPID": PLATFORM,
            "MPRELEASE_PLATFORM__APPSECRET": APPSECRET,
            "MPRELEASE_DOMAINS__REQUESTDOMAIN": "https://api.example.com,https://lost.example.com",
        }
        with serving.running(ours, tmp_path_factory.mktemp("asking")) as api:
            yield api
        client.acl_deluser(USER)


@pytest.fixture
def reader(page: Api, redis_client: redis.Redis) -> Browser:
    return browser_of(page, "read")


@pytest.fixture
def wechat(scripted: ScriptedWeChat, redis_client: redis.Redis) -> ScriptedWeChat:
    """It knows all of SHOP, which is authorized, and has not been asked."""
    tokens = TokenStore(Database(redis_client), Seal())
    tokens.put_ticket(TICKET)
    tokens.put_refresh_tokens({SHOP: REFRESH_TOKEN})
    scripted.server.requests.clear()
    scripted.on(API_COMPONENT_TOKEN, issue("component_access_token", "component"))
    scripted.on(API_AUTHORIZER_TOKEN, issue("authorizer_access_token", "merchant"))
    scripted.on("/wxa/getversioninfo", VERSIONS)
    scripted.on("/wxa/get_latest_auditstatus", AUDIT)
    scripted.on(
        "/wxa/modify_domain", {"requestdomain": ["https://api.example.com", "https://lost.example.com"]}
    )
    scripted.on("/wxa/get_effective_domain", EFFECTIVE)
    scripted.on("/wxa/getvisitstatus", {"status": 0})
    scripted.on(
        "/wxa/icp/get_icp_entrance_info", {"info": {"status": 3, "audit_data": [{"error": "<b>no</b>"}]}}
    )
    scripted.on("/wxa/getgrayreleaseplan", GRAY)
    return scripted


@pytest.fixture
def rejected(store: ReleaseStore) -> Release:
    before = created(store, a_release())
    review = Review(
        status=ReviewStatus.REJECTED, reason="see the pictures", screenshots=("../a", "b", "c", "d", "e")
    )
    fields = {"status": Status.REJECTED, "step": Step.SUBMIT_AUDIT, "auditid": 4711, "review": review}
    return store.save(before, before.release.model_copy(update=fields)).release


def test_wechat_is_asked_on_a_click_and_never_before(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release
) -> None:
    shown = reader.open(f"/mini-program/{SHOP}")
    assert wechat.server.requests == []
    (link,) = re.findall(r'href="(/mini-program/[^"]+ask=1)"', shown)
    asked = reader.open(link)
    for text in (
        "1.4.3",
        "1.4.1",
        "[evil] \x1b[31m",
        "approved <code>4711</code>",
        "it is closed",
        "rejected by WeChat",
        "&lt;b&gt;no&lt;/b&gt;",
        "20 %, running",
    ):
        assert text in asked, text
    rows = re.findall(r"<code>https://(\w+)\.example\.com</code></td>(.*?)</tr>", asked)
    assert [(host, re.findall(r"yes|no\b", cells)) for host, cells in rows] == [
        ("api", ["yes", "yes", "yes"]),
        ("lost", ["yes", "yes", "no"]),
    ]
    chinese = browser_of_chinese(reader).open(link)
    assert "微信平台审核被驳回" in chinese
    assert left_over(re.sub(r"<bdi>.*?</bdi>", "", chinese)) == []


def browser_of_chinese(reader: Browser) -> Browser:
    return Browser(reader.url, "reader", "zh-CN")


def test_what_wechat_does_not_say_is_unknown(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release
) -> None:
    for path in ("/wxa/getversioninfo", "/wxa/get_latest_auditstatus", "/wxa/modify_domain"):
        wechat.on(path, refusal(48001))
    for path in ("/wxa/getvisitstatus", "/wxa/icp/get_icp_entrance_info", "/wxa/getgrayreleaseplan"):
        wechat.on(path, refusal(-1))
    wechat.on("/wxa/get_effective_domain", refusal(61003))
    shown = reader.open(f"/mini-program/{SHOP}?ask=1")
    assert len(re.findall("unknown: <bdi>48001", shown)) == 4  # trial and live are one answer
    assert len(re.findall("unknown: <bdi>-1", shown)) == 3
    assert "Effective domains: unknown: <bdi>61003" in shown


def test_the_token_store_is_told_of_and_no_token(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release, redis_client: redis.Redis
) -> None:
    assert "A refresh token is stored." in reader.open(f"/mini-program/{SHOP}")
    db = Database(redis_client)
    store = TokenStore(db, Seal())
    inbox = Inbox(db, Seal(), store)
    inbox.put_code("authorized", SHOP, "a-code", expires_at=2**31, now=0)
    inbox.mark("unauthorized", UNAUTHORIZED, SHOP, 1773480000)
    store.forget_refresh_token(SHOP, REFRESH_TOKEN)
    shown = reader.open(f"/mini-program/{SHOP}")
    for text in ("No refresh token is stored", "has just authorized", "has withdrawn the authorization"):
        assert text in shown, text
    assert "a-code" not in shown


def test_a_process_whose_redis_user_may_see_no_token_asks_nothing(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release, redis_client: redis.Redis
) -> None:
    redis_client.acl_setuser(
        USER, enabled=True, reset_keys=True, keys=["releases*", "release:*", "mini-program:*", "platform:*"]
    )
    try:
        shown = reader.open(f"/mini-program/{SHOP}?ask=1")
        assert "mprelease versions" in shown
        assert "--screenshots DIR" in reader.open(f"/release/{rejected.id}")
        reader.open(f"/release/{rejected.id}/screenshot/1", 409)
    finally:
        redis_client.acl_setuser(USER, enabled=True, reset_keys=True, keys=["*"])
    assert wechat.server.requests == []


def test_pictures_are_handed_on_and_nothing_else(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release
) -> None:
    html = b"<html><script>alert(1)</script>"
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    wechat.on(MATERIAL, b"\x89PNG one", b"\xff\xd8\xff two", html, svg, refusal(40007))
    shown = reader.open(f"/release/{rejected.id}")
    assert wechat.calls(MATERIAL) == []  # a closed part of the page loads nothing
    pictures = re.findall(r'loading="lazy" src="([^"]+)"', shown)
    answers = [reader.session.get(f"{reader.url}{path}", timeout=30) for path in pictures]
    assert [(one.status_code, one.headers["Content-Type"]) for one in answers[:2]] == [
        (200, "image/png"),
        (200, "image/jpeg"),
    ]
    assert answers[0].content == b"\x89PNG one"
    for one in answers[:2]:
        assert one.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'; sandbox" in one.headers["Content-Security-Policy"]
    assert [one.status_code for one in answers[2:]] == [502, 502, 502]
    assert all("alert(1)" not in one.text for one in answers[2:])
    assert [request.fields["media_id"] for request in wechat.calls(MATERIAL)] == ["../a", "b", "c", "d", "e"]
    for number in ("0", "6", "-1"):
        reader.open(f"/release/{rejected.id}/screenshot/{number}", 404)
    reader.open(f"/release/{rejected.id}/screenshot/x", 422)


def test_a_picture_that_is_too_large_stays_at_wechat(
    reader: Browser, wechat: ScriptedWeChat, rejected: Release
) -> None:
    wechat.on(MATERIAL, b"\x89PNG" + bytes(11 * 1024 * 1024))
    assert "with a body over" in reader.open(f"/release/{rejected.id}/screenshot/1", 502)
