from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from db.database import Database
from tests.support import receivers
from tests.support.keys import NEW
from tests.support.receivers import Receiver
from wechat.push.inbox import Inbox
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TokenStore


@pytest.fixture(scope="session")
def running_receiver(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()  # it can't open what tests of other keys have left
    settings = {"MPRELEASE_REDIS__URL": redis_url, "MPRELEASE_REDIS__ENCRYPTION_KEYS": NEW}
    with receivers.receiver(tmp_path_factory.mktemp("receiver"), settings) as receiver:
        yield receiver


@pytest.fixture
def receiver(running_receiver: Receiver, redis_client: redis.Redis) -> Receiver:
    """A receiver on an empty Redis, with an encryption key."""
    return running_receiver


@pytest.fixture
def seal() -> Seal:
    return Seal([NEW])


@pytest.fixture
def store(redis_client: redis.Redis, seal: Seal) -> TokenStore:
    return TokenStore(Database(redis_client), seal)


@pytest.fixture
def inbox(redis_client: redis.Redis, seal: Seal, store: TokenStore) -> Inbox:
    return Inbox(Database(redis_client), seal, store)
