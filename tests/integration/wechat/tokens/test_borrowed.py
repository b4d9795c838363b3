"""Tokens that another system lends: how it is asked, what of its answers is believed, and how seldom it is asked."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import APPID, APPSECRET, GETTEMPLATELIST, PLATFORM
from tests.integration.wechat.server import (
    Connection,
    RawServer,
    Request,
    ScriptedWeChat,
    answer,
    hang_up,
    refusal,
)
from tests.integration.wechat.shown import everything_shown_by
from tests.support.owner import digest
from wechat.api import WeChat
from wechat.component import Credentials
from wechat.errors import NotLent, OwnerAway, Unanswered, WeChatError
from wechat.http.deadline import Deadline
from wechat.tokens.borrowed import Owner
from wechat.tokens.sealing import MARK, Seal
from wechat.tokens.store import OWNER_AWAY_KEY, token_key

KEY = "key-of-the-borrower-0123456789"
KEYS = ["x" * 42 + "A="]
PAGES = "/wxa/security/get_code_privacy_info"
Lend = Callable[[Request], bytes]


def loan(token: object, expires_in: object = 7200) -> bytes:
    return answer(json.dumps({"access_token": token, "expires_in": expires_in}).encode())


class Lending:
    """An owner that answers as its `lend` does."""

    def __init__(self) -> None:
        self.lend: Lend = lambda _: loan("lent-1")
        self.server = RawServer(self._serve)

    @property
    def asked(self) -> list[Request]:
        return self.server.requests

    def _serve(self, connection: Connection) -> None:
        while (request := connection.read()) is not None:
            connection.send(self.lend(request))


@pytest.fixture
def lending() -> Iterator[Lending]:
    lending = Lending()
    with lending.server:
        yield lending


@pytest.fixture
def wechat() -> Iterator[ScriptedWeChat]:
    scripted = ScriptedWeChat()
    scripted.on(PAGES, {"page_list": []})
    with scripted.server:
        yield scripted


@pytest.fixture
def borrow(redis_client: redis.Redis, wechat: ScriptedWeChat) -> Callable[[str], WeChat]:
    """A client of WeChat that has no ticket, no secret and no refresh token, and borrows from an address."""

    def build(url: str) -> WeChat:
        return WeChat(
            api_url=wechat.url,
            connect_timeout_s=2,
            read_timeout_s=2,
            credentials=Credentials(PLATFORM, ""),
            db=Database(redis_client),
            seal=Seal(KEYS),
            owner=Owner(url, KEY),
        )

    return build


@pytest.fixture
def borrower(borrow: Callable[[str], WeChat], lending: Lending) -> WeChat:
    return borrow(f"{lending.server.url}/api/v1/tokens/{{appid}}")


def use(borrower: WeChat, appid: str = APPID) -> None:
    borrower.mini_program(appid, Deadline(10)).privacy_info()


def used(wechat: ScriptedWeChat) -> list[str]:
    return [request.token for request in wechat.calls(PAGES)]


def later(redis_client: redis.Redis) -> None:
    """The seconds in which nobody asks an owner that was away are over."""
    redis_client.delete(OWNER_AWAY_KEY)


def test_a_call_takes_a_token_that_was_lent(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat, redis_client: redis.Redis
) -> None:
    use(borrower)
    use(borrower)

    assert used(wechat) == ["lent-1", "lent-1"]
    (asked,) = lending.asked
    assert (asked.method, asked.path, asked.query) == ("GET", f"/api/v1/tokens/{APPID}", {})
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    # Kept as our own are: sealed, for as long as it lives.
    raw = str(redis_client.get(token_key(APPID)))
    assert raw.startswith(MARK)
    assert "lent-1" not in raw
    assert 7_190_000 < redis_client.pttl(token_key(APPID)) <= 7_200_000
    assert wechat.server.requests != []
    assert {request.path for request in wechat.server.requests} == {PAGES}


def test_the_appid_can_stand_anywhere_in_the_url(
    borrow: Callable[[str], WeChat], lending: Lending, wechat: ScriptedWeChat
) -> None:
    wechat.on(PAGES, refusal(40001), {"page_list": []})
    lending.lend = lambda request: loan("lent-2" if "rejected" in request.query else "lent-1")
    use(borrow(f"{lending.server.url}/token?of={{appid}}&x=1%26"))

    first, second = lending.asked
    assert (first.path, first.query) == ("/token", {"of": [APPID], "x": ["1&"]})
    assert second.query == {"of": [APPID], "x": ["1&"], "rejected": [digest("lent-1")]}


def test_the_platforms_own_token_is_asked_for_as_component(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat
) -> None:
    wechat.on(GETTEMPLATELIST, {"template_list": []})
    assert borrower.templates(Deadline(10)) == ()
    assert [request.path for request in lending.asked] == ["/api/v1/tokens/component"]


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_a_rejected_token_is_asked_for_once_more_by_its_digest(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat, errcode: int
) -> None:
    wechat.on(PAGES, refusal(errcode), {"page_list": []})
    lending.lend = lambda request: loan("lent-2" if "rejected" in request.query else "lent-1")

    use(borrower)
    use(borrower)

    assert used(wechat) == ["lent-1", "lent-2", "lent-2"]
    assert [request.query.get("rejected") for request in lending.asked] == [None, [digest("lent-1")]]


def test_whoever_comes_after_a_rejection_names_it_as_well(
    borrower: WeChat, borrow: Callable[[str], WeChat], lending: Lending, wechat: ScriptedWeChat
) -> None:
    # Given a worker that died between the rejection and the next token
    use(borrower)
    borrower.store.reject_token(APPID, "lent-1")
    lending.lend = lambda request: loan("lent-2" if "rejected" in request.query else "lent-1")

    use(borrow(f"{lending.server.url}/api/v1/tokens/{{appid}}"))

    assert used(wechat) == ["lent-1", "lent-2"]


def test_an_owner_that_lends_the_rejected_token_again_gives_none(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat
) -> None:
    wechat.on(PAGES, refusal(40001))

    with pytest.raises(Unanswered) as caught:
        use(borrower)

    # That passes within a minute, and is no trouble of the others.
    assert not isinstance(caught.value, OwnerAway)
    assert (len(lending.asked), used(wechat)) == (2, ["lent-1"])


def test_new_tokens_that_are_rejected_for_ever_are_an_error_after_two_calls(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat
) -> None:
    wechat.on(PAGES, refusal(40001))
    lending.lend = lambda request: loan(f"lent-{len(lending.asked)}")

    with pytest.raises(WeChatError):
        use(borrower)
    assert used(wechat) == ["lent-1", "lent-2"]


@pytest.mark.parametrize(
    ("expires_in", "due_below_ms"), [(7200, 600_000), (1300, 600_000), (900, 450_000), (1.5, 750)]
)
def test_a_loan_is_renewed_before_its_owner_voids_it(
    borrower: WeChat, lending: Lending, expires_in: float, due_below_ms: int
) -> None:
    lending.lend = lambda _: loan("lent-1", expires_in)
    use(borrower)
    stored = borrower.store.token(APPID)
    assert stored is not None
    assert stored.refresh_below_ms == due_below_ms


def test_workers_that_ask_at_once_share_one_loan(
    borrower: WeChat, borrow: Callable[[str], WeChat], lending: Lending, wechat: ScriptedWeChat
) -> None:
    start = threading.Barrier(10)

    def slow(_: Request) -> bytes:
        threading.Event().wait(0.2)
        return loan(f"lent-{len(lending.asked)}")

    lending.lend = slow
    others = [borrow(f"{lending.server.url}/api/v1/tokens/{{appid}}") for _ in range(5)]

    def ask(which: WeChat) -> None:
        start.wait(5)
        use(which)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, [*others, *others]))
    assert set(used(wechat)) == {"lent-1"}
    assert len(lending.asked) == 1


NO_TOKENS = {
    "401": answer(b"{}", status=b"401 Unauthorized"),
    "403": answer(b"{}", status=b"403 Forbidden"),
    "429": answer(b"{}", b"Retry-After: 7", status=b"429 Too Many Requests"),
    "500": answer(b"", status=b"500 x"),
    "503": answer(b"<html>", b"Retry-After: 7", status=b"503 Service Unavailable"),
    "redirect": answer(b"", b"Location: /elsewhere", status=b"302 Found"),
    "a gateway's 404": answer(b"<html>no such page</html>", status=b"404 Not Found"),
    "a login page": answer(b"<html>"),
    "a list": answer(b'["token"]'),
    "an errcode": answer(b'{"errcode":40001}'),
    "deep": answer(b"[" * 100_000),
    "no lifetime": answer(b'{"access_token":"lent-1"}'),
    "true for a lifetime": loan("lent-1", expires_in=True),
    "a lifetime as a text": loan("lent-1", "7200"),
    "no time left": loan("lent-1", 0),
    "for ever": loan("lent-1", 1e300),
    "NaN": answer(b'{"access_token":"lent-1","expires_in":NaN}'),
    "no text": loan(5),
    "empty": loan(""),
    "two words": loan("lent 1"),
    "a line end": loan("lent\n1"),
    "half a pair": answer(b'{"access_token":"\\ud800","expires_in":7200}'),
    "endless": loan("x" * 3000),
    "huge": answer(b'{"access_token":"' + b"x" * 5_000_000 + b'","expires_in":7200}'),
}


@pytest.mark.parametrize("reply", NO_TOKENS.values(), ids=NO_TOKENS)
def test_what_is_no_token_is_the_owners_trouble_and_nobody_asks_for_some_seconds(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat, redis_client: redis.Redis, reply: bytes
) -> None:
    lending.lend = lambda _: reply

    for appid in (APPID, "wxanother", "component"):
        with pytest.raises(OwnerAway) as caught:
            borrower._tokens.token_of(appid, Deadline(10))
        assert KEY not in everything_shown_by(caught.value)
    assert (len(lending.asked), wechat.server.requests) == (1, [])
    assert 0 < redis_client.ttl(OWNER_AWAY_KEY) <= 5

    later(redis_client)
    lending.lend = lambda _: loan("lent-1")
    use(borrower)


def test_what_an_owner_asks_for_is_carried(borrower: WeChat, lending: Lending) -> None:
    lending.lend = lambda _: NO_TOKENS["503"]
    with pytest.raises(OwnerAway) as caught:
        use(borrower)
    assert caught.value.retry_after_s == 7
    assert str(caught.value) == "the owner of the tokens: HTTP 503"


@pytest.mark.parametrize(
    ("status", "said"), [("401", "does not take MPRELEASE_TOKENS__KEY"), ("500", "HTTP 500")]
)
def test_what_is_wrong_is_told(borrower: WeChat, lending: Lending, status: str, said: str) -> None:
    lending.lend = lambda _: NO_TOKENS[status]
    with pytest.raises(OwnerAway, match=said):
        use(borrower)


def test_silence_and_a_closed_door_are_the_owners_trouble(
    borrow: Callable[[str], WeChat], redis_client: redis.Redis
) -> None:
    for url, said in (
        ("http://127.0.0.1:1/{appid}", "connection failed"),
        ("http://nowhere.invalid/{appid}", "MPRELEASE_TOKENS__URL does not resolve"),
    ):
        with pytest.raises(OwnerAway, match=said):
            use(borrow(url))
        later(redis_client)
    with RawServer(Connection.stay_silent) as silent, pytest.raises(OwnerAway, match="read timeout"):
        use(borrow(f"{silent.url}/{{appid}}"))


def test_a_trickle_ends_with_the_deadline(borrow: Callable[[str], WeChat]) -> None:
    def trickle(connection: Connection) -> None:
        connection.read()
        connection.trickle(answer(b" " * 10_000))

    began = time.monotonic()
    with RawServer(trickle) as slow, pytest.raises(OwnerAway):
        borrow(f"{slow.url}/{{appid}}").mini_program(APPID, Deadline(1)).privacy_info()
    assert time.monotonic() - began < 5


def test_what_the_owner_does_not_know_is_that_mini_programs_alone(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat
) -> None:
    unknown = answer(b'{"status":404}', status=b"404 Not Found")
    lending.lend = lambda request: unknown if APPID in request.path else loan("lent-1")

    with pytest.raises(NotLent) as caught:
        use(borrower)
    assert caught.value.slot == APPID
    use(borrower, "wxanother")
    assert used(wechat) == ["lent-1"]


def test_without_a_component_token_pool_and_library_are_unknown(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat
) -> None:
    unknown = answer(b"{}", status=b"404 Not Found")
    lending.lend = lambda request: unknown if "component" in request.path else loan("lent-1")

    assert borrower.registered_hosts() is None
    assert borrower.template_ids() is None
    assert wechat.server.requests == []
    use(borrower)


def test_a_loan_that_still_works_is_used_while_the_owner_is_away(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat, redis_client: redis.Redis
) -> None:
    use(borrower)
    redis_client.pexpire(token_key(APPID), 300_000)
    lending.lend = lambda _: NO_TOKENS["503"]

    for _ in range(5):
        use(borrower)
    assert used(wechat) == ["lent-1"] * 6
    assert len(lending.asked) == 2


def test_a_key_goes_through_no_proxy_in_the_clear(
    borrow: Callable[[str], WeChat], lending: Lending, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(lambda connection: connection.send(loan("stolen"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        borrower = borrow(f"{lending.server.url}/{{appid}}")
        assert borrower._tokens.authorizer_token(APPID, Deadline(10)) == "lent-1"


def test_no_log_line_has_the_key_or_a_token(
    borrower: WeChat, lending: Lending, wechat: ScriptedWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wechat.on(PAGES, refusal(40001), {"page_list": []}, hang_up)
    lending.lend = lambda request: loan("lent-2" if "rejected" in request.query else "lent-1")
    use(borrower)
    assert caplog.records
    for secret in (KEY, "lent-1", "lent-2", APPSECRET):
        assert secret not in caplog.text
