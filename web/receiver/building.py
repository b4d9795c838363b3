"""The receiver, built from the settings; what they lack is said before it listens."""

from __future__ import annotations

import redis
from starlette.types import ASGIApp

from config.loading import SettingsError
from config.settings import Settings
from db.clock import RedisClock
from db.database import Database
from web.receiver.app import AT_ONCE, Parts, create_app
from wechat.push.inbox import Inbox
from wechat.push.reader import PushReader
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore
from worker.redis_client import connect

#: Seconds that Redis may take for one command: less than a push has in all.
_REDIS_TIMEOUT_S = 0.7


def build(settings: Settings) -> ASGIApp:
    """Build it; raises SettingsError for what is missing, and Unreadable where the keys are not those of the workers."""
    _check(settings)
    client = connect(
        settings.redis,
        8 * AT_ONCE,  # with those of threads that nobody waits for any more, while Redis hangs
        socket_timeout=_REDIS_TIMEOUT_S,
        socket_connect_timeout=_REDIS_TIMEOUT_S,
    )
    db = Database(client, replicas=settings.redis.replicas_to_confirm)
    seal = Seal(settings.redis.fernet_keys, encrypts=settings.redis.encrypts)
    store = TokenStore(db, seal)
    _check_keys(store)
    platform = settings.platform
    return create_app(
        Parts(
            reader=PushReader(
                token=platform.push_token.get_secret_value(),
                keys=[key.get_secret_value() for key in platform.push_keys],
                appid=platform.appid,
            ),
            inbox=Inbox(db, seal, store),
            now=RedisClock(client.time).time,
            ping=client.ping,
        )
    )


def _check(settings: Settings) -> None:
    platform = settings.platform
    lacking = {
        "APPID": ("appid", not platform.appid),
        "PUSH_TOKEN": ("token of its pushes", not platform.push_token.get_secret_value()),
        "PUSH_KEYS": ("EncodingAESKey", not platform.push_keys),
    }
    problems = [
        f"MPRELEASE_PLATFORM__{name}: set it to the platform's {what}, as WeChat's console has it"
        for name, (what, lacks) in lacking.items()
        if lacks
    ]
    if problems:
        raise SettingsError(problems)


def _check_keys(store: TokenStore) -> None:
    """Raise Unreadable where the stored ticket was sealed with another key: then workers could not read ours."""
    try:
        store.ticket()
    except redis.RedisError:
        return  # away for now; pushes are answered 503 until it is back
