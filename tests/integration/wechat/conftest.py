from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import (
    API_AUTHORIZER_TOKEN,
    API_COMPONENT_TOKEN,
    APPID,
    APPSECRET,
    PLATFORM,
    REFRESH_TOKEN,
    TICKET,
)
from tests.integration.wechat.server import RawServer, Script, ScriptedWeChat, issue
from wechat.component import ComponentApi, Credentials
from wechat.http.clock import WeChatClock
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport
from wechat.mini_program import MiniProgram
from wechat.tokens.own import OwnTokens
from wechat.tokens.sealing import Seal
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore


class Serve(Protocol):
    def __call__(self, script: Script, tls: ssl.SSLContext | None = None) -> RawServer: ...


class TransportTo(Protocol):
    def __call__(self, url: str, *, connect_s: float = 5, read_s: float = 5) -> Transport: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that runs a script on each connection."""
    with ExitStack() as servers:
        yield lambda script, tls=None: servers.enter_context(RawServer(script, tls))


@pytest.fixture
def transport_to() -> Iterator[TransportTo]:
    """Build a transport whose connection of this thread is closed after the test."""
    with ExitStack() as connections:

        def build(url: str, *, connect_s: float = 5, read_s: float = 5) -> Transport:
            transport = Transport(
                api_url=url,
                connect_timeout_s=connect_s,
                read_timeout_s=read_s,
                clock=WeChatClock(),
                secrets=(APPSECRET,),
            )
            connections.callback(transport._wire().close)
            return transport

        yield build


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and a host name, with its key, in one file."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    options = [
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1,DNS:wechat.invalid,DNS:localhost",
    ]
    key = file.with_name("key.pem")
    try:
        subprocess.run(
            [*command, *options, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed: no certificate to test TLS with")
    file.write_text(file.read_text() + key.read_text())
    return file


@pytest.fixture
def wechat() -> Iterator[ScriptedWeChat]:
    """A WeChat that issues component-1, component-2 … and merchant-1, merchant-2 … unless told otherwise."""
    scripted = ScriptedWeChat()
    scripted.on(API_COMPONENT_TOKEN, issue("component_access_token", "component"))
    scripted.on(API_AUTHORIZER_TOKEN, issue("authorizer_access_token", "merchant"))
    with scripted.server:
        yield scripted


@pytest.fixture
def store(redis_client: redis.Redis) -> TokenStore:
    """A token store that holds a ticket and a refresh token, but no access token."""
    store = TokenStore(Database(redis_client), Seal())
    store.put_ticket(TICKET)
    store.put_refresh_tokens({APPID: REFRESH_TOKEN})
    return store


@pytest.fixture
def component(transport_to: TransportTo, wechat: ScriptedWeChat) -> ComponentApi:
    return ComponentApi(transport_to(wechat.url), Credentials(PLATFORM, APPSECRET))


@pytest.fixture
def tokens(component: ComponentApi, store: TokenStore) -> Tokens:
    return Tokens(source=OwnTokens(component, store), store=store)


@pytest.fixture
def deadline() -> Deadline:
    return Deadline(10)


@pytest.fixture
def mini_program(
    transport_to: TransportTo, wechat: ScriptedWeChat, tokens: Tokens, deadline: Deadline
) -> MiniProgram:
    return MiniProgram(appid=APPID, transport=transport_to(wechat.url), tokens=tokens, deadline=deadline)
