"""Another process that asks for a token: `python -m … REDIS_URL WECHAT_URL`; prints what it got."""

from __future__ import annotations

import sys

import redis

from db.database import Database
from tests.integration.wechat.names import APPID, APPSECRET, PLATFORM
from wechat.component import ComponentApi, Credentials
from wechat.http.clock import WeChatClock
from wechat.http.deadline import Deadline
from wechat.http.transport import Transport
from wechat.tokens.own import OwnTokens
from wechat.tokens.sealing import Seal
from wechat.tokens.single_flight import Tokens
from wechat.tokens.store import TokenStore

#: A list to which each process adds itself when it is about to ask.
READY = "test:ready"


def main(redis_url: str, wechat_url: str) -> None:
    transport = Transport(api_url=wechat_url, connect_timeout_s=5, read_timeout_s=20, clock=WeChatClock())
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        api = ComponentApi(transport, Credentials(PLATFORM, APPSECRET))
        store = TokenStore(Database(client), Seal())
        tokens = Tokens(source=OwnTokens(api, store), store=store)
        client.rpush(READY, "here")
        sys.stdout.write(tokens.authorizer_token(APPID, Deadline(20)))


if __name__ == "__main__":
    main(*sys.argv[1:])
