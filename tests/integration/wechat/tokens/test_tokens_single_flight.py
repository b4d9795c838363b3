from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from tests.integration.wechat.names import API_AUTHORIZER_TOKEN, API_COMPONENT_TOKEN, APPID
from tests.integration.wechat.server import Fields, Request, ScriptedWeChat
from tests.integration.wechat.tokens.token_asker import READY
from wechat.errors import Refused
from wechat.http.deadline import Deadline
from wechat.tokens.own import OwnTokens
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore

ROOT = Path(__file__).parents[4]
CALLERS = 20
#: How long WeChat takes for a refresh here, so that all callers find it under way, in seconds.
SLOW_S = 0.2


def slow_grant(name: str) -> Fields:
    threading.Event().wait(SLOW_S)
    return {"authorizer_access_token": name, "expires_in": 7200, "authorizer_refresh_token": ""}


def ask_at_once(tokens: Tokens, appids: list[str]) -> list[str]:
    """Let a thread for each appid ask for its token, all at the same moment."""
    start = threading.Barrier(len(appids))

    def ask(appid: str) -> str:
        start.wait(5)
        try:
            return tokens.authorizer_token(appid, Deadline(20))
        finally:
            assert isinstance(tokens.source, OwnTokens)
            tokens.source._api.transport._wire().close()

    with ThreadPoolExecutor(len(appids)) as pool:
        return list(pool.map(ask, appids))


def test_callers_who_ask_at_once_share_one_refresh(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat
) -> None:
    wechat.on(API_AUTHORIZER_TOKEN, lambda _: slow_grant("the-one"))

    got = ask_at_once(tokens, [APPID] * CALLERS)

    assert got == ["the-one"] * CALLERS
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == 1


def test_mini_programs_share_one_component_token(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat
) -> None:
    def slow_component(_: Request) -> Fields:
        threading.Event().wait(SLOW_S)
        return {"component_access_token": "component", "expires_in": 7200}

    def own_token(request: Request) -> Fields:
        appid = request.fields["authorizer_appid"]
        return {"authorizer_access_token": f"token-of-{appid}", "expires_in": 7200}

    wechat.on(API_COMPONENT_TOKEN, slow_component)
    wechat.on(API_AUTHORIZER_TOKEN, own_token)
    appids = [f"wx{number}" for number in range(CALLERS)]
    store.put_refresh_tokens({appid: f"refresh-of-{appid}" for appid in appids})

    got = ask_at_once(tokens, appids)

    assert got == [f"token-of-{appid}" for appid in appids]
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == 1
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == CALLERS


def test_processes_that_ask_at_once_share_one_refresh(
    store: TokenStore, wechat: ScriptedWeChat, redis_url: str, redis_client: redis.Redis
) -> None:
    # Given a WeChat that answers only when both processes are about to ask
    def grant_when_both_ask(_: Request) -> Fields:
        for _process in range(2):
            assert redis_client.blpop([READY], timeout=20) is not None
        return slow_grant("the-one")

    wechat.on(API_AUTHORIZER_TOKEN, grant_when_both_ask, lambda _: slow_grant("another"))

    # When they ask
    command = [sys.executable, "-m", "tests.integration.wechat.tokens.token_asker", redis_url, wechat.url]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=30) for process in processes]

    # Then both get the token of one refresh
    assert [out for out, _ in outputs] == ["the-one", "the-one"], outputs
    assert len(wechat.calls(API_AUTHORIZER_TOKEN)) == 1


@pytest.mark.parametrize("errcode", [45009, 45011, 40125, 61004])
def test_callers_who_ask_at_once_share_a_refusal_of_the_component_token(
    errcode: int, tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat
) -> None:
    def refuse(_: Request) -> Fields:
        threading.Event().wait(SLOW_S)
        return {"errcode": errcode, "errmsg": "no"}

    wechat.on(API_COMPONENT_TOKEN, refuse)
    appids = [f"wx{number}" for number in range(CALLERS)]
    store.put_refresh_tokens({appid: f"refresh-of-{appid}" for appid in appids})
    begin = threading.Barrier(CALLERS)

    def ask(appid: str) -> int:
        with pytest.raises(Refused) as caught:
            ask_at_once(tokens, [appid])
        return caught.value.errcode

    def ask_with_all(appid: str) -> int:
        begin.wait(20)
        return ask(appid)

    with ThreadPoolExecutor(CALLERS) as pool:
        assert list(pool.map(ask_with_all, appids)) == [errcode] * CALLERS
    assert len(wechat.calls(API_COMPONENT_TOKEN)) <= 2

    # Whoever comes later asks for himself.
    asked = len(wechat.calls(API_COMPONENT_TOKEN))
    assert ask(appids[0]) == errcode
    assert len(wechat.calls(API_COMPONENT_TOKEN)) == asked + 1


def test_callers_do_not_share_what_passes_in_a_moment(
    tokens: Tokens, store: TokenStore, wechat: ScriptedWeChat
) -> None:
    def busy_once(_: Request) -> Fields:
        threading.Event().wait(SLOW_S)
        if len(wechat.calls(API_COMPONENT_TOKEN)) == 1:
            return {"errcode": -1, "errmsg": "system error"}
        return {"component_access_token": "component", "expires_in": 7200}

    wechat.on(API_COMPONENT_TOKEN, busy_once)
    wechat.on(API_AUTHORIZER_TOKEN, lambda _: slow_grant("good"))
    appids = [f"wx{number}" for number in range(5)]
    store.put_refresh_tokens({appid: f"refresh-of-{appid}" for appid in appids})

    def ask(appid: str) -> str:
        try:
            return ask_at_once(tokens, [appid])[0]
        except Refused as refused:
            return str(refused.errcode)

    with ThreadPoolExecutor(len(appids)) as pool:
        got = sorted(pool.map(ask, appids))
    assert got == ["-1", *["good"] * 4]
