from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPSECRET,
    PLATFORM,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import ScriptedWeChat, issue
from tests.support import forks
from tests.support.examples import APPID as SHOP
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore

#: Runs a command of ours on the tests' Redis; `code` is the exit code it has to end with.
Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def environment(redis_url: str, redis_client: redis.Redis) -> dict[str, str]:
    """Of commands that need nothing but Redis."""
    return {**os.environ, "MPRELEASE_REDIS__URL": redis_url, "TZ": "Asia/Shanghai"}


@pytest.fixture
def wechat(environment: dict[str, str], redis_client: redis.Redis) -> Iterator[ScriptedWeChat]:
    """A WeChat that says what a test has it say of SHOP, which is authorized; the commands know it."""
    scripted = ScriptedWeChat()
    scripted.on(API_COMPONENT_TOKEN, issue("component_access_token", "component"))
    scripted.on(API_AUTHORIZER_TOKEN, issue("authorizer_access_token", "merchant"))
    tokens = TokenStore(Database(redis_client), Seal())
    tokens.put_ticket(TICKET)
    tokens.put_refresh_tokens({SHOP: REFRESH_TOKEN})
    environment |= {
        "MPRELEASE_WECHAT__API_URL": scripted.url,
        "MPRELEASE_PLATFORM__APPID": PLATFORM,
        "MPRELEASE_PLATFORM__APPSECRET": APPSECRET,
        "MPRELEASE_DOMAINS__REQUESTDOMAIN": "https://api.example.com",
    }
    with scripted.server:
        yield scripted


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Command:
    def run(*arguments: str, code: int = 0, typed: str = "", **different: str) -> CompletedProcess[str]:
        ended = forks.run(
            arguments,
            environment={**environment, **different},
            directory=tmp_path,
            typed=typed,
            timeout_s=60,
        )
        assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
        return ended

    return run
