"""Sealing anew while others use the store, and telling whether the keys fit."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import APPID, REFRESH_TOKEN, TICKET
from tests.integration.wechat.tokens.token_helpers import put, value
from tests.support.keys import NEW, OLD, OTHER
from wechat.errors import Unreadable
from wechat.tokens.rekeying import StoredSecrets, Tally
from wechat.tokens.sealing import Seal
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import TokenStore


def filled(client: redis.Redis, seal: Seal) -> TokenStore:
    """A ticket, a refresh token, and two access tokens."""
    store = TokenStore(Database(client), seal)
    store.put_ticket(TICKET)
    store.put_refresh_tokens({APPID: REFRESH_TOKEN})
    put(store, COMPONENT, "of-the-component")
    put(store, APPID, "of-the-merchant")
    return store


def everything(store: TokenStore) -> tuple[str | None, ...]:
    return store.ticket(), store.refresh_token(APPID), value(store, COMPONENT), value(store)


class Meddled(Seal):
    """Something happens to the store after a value was read and before it is changed, once."""

    def __init__(self, keys: list[str], meddle: Callable[[], object]) -> None:
        super().__init__(keys)
        self._meddle = [meddle]

    def decrypt(self, stored: str) -> str | None:
        if self._meddle:
            self._meddle.pop()()
        return super().decrypt(stored)


@pytest.mark.parametrize("before", [Seal(), Seal([OLD])], ids=["plain", "old key"])
def test_after_sealing_anew_the_new_key_alone_is_enough(redis_client: redis.Redis, before: Seal) -> None:
    secrets = everything(filled(redis_client, before))
    assert StoredSecrets(Database(redis_client), Seal([NEW, OLD])).tally() == Tally(0, 4, ())

    assert StoredSecrets(Database(redis_client), Seal([NEW, OLD])).seal_anew() == 4

    assert StoredSecrets(Database(redis_client), Seal([NEW])).tally() == Tally(4, 0, ())
    assert everything(TokenStore(Database(redis_client), Seal([NEW]))) == secrets
    assert StoredSecrets(Database(redis_client), Seal([NEW, OLD])).seal_anew() == 0


def test_there_is_a_way_back_to_plain_text(redis_client: redis.Redis) -> None:
    secrets = everything(filled(redis_client, Seal([NEW])))

    assert StoredSecrets(Database(redis_client), Seal([NEW], encrypts=False)).seal_anew() == 4

    assert everything(TokenStore(Database(redis_client), Seal())) == secrets


def test_lifetimes_stay(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal([OLD]))
    keys = [key for key in redis_client.scan_iter() if key != f"wechat:refresh-token:{APPID}"]
    for number, key in enumerate(keys):
        redis_client.pexpire(key, 100_000 + number * 1000)

    StoredSecrets(Database(redis_client), Seal([NEW, OLD])).seal_anew()

    for number, key in enumerate(keys):
        assert 90_000 + number * 1000 < int(str(redis_client.pttl(key))) <= 100_000 + number * 1000
    assert redis_client.ttl(f"wechat:refresh-token:{APPID}") == -1


def test_only_secrets_are_touched(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal()).begin_refresh(APPID, 60)
    redis_client.set("release:1", "record")
    redis_client.rpush("wechat:list-of-somebody", "else")
    lock = redis_client.get(f"wechat:token-lock:{APPID}")

    assert StoredSecrets(Database(redis_client), Seal([NEW])).seal_anew() == 4

    assert redis_client.get(f"wechat:token-lock:{APPID}") == lock
    assert redis_client.get("release:1") == "record"


def test_each_value_counts_once_however_many_there_are(redis_client: redis.Redis) -> None:
    TokenStore(Database(redis_client), Seal([OLD])).put_refresh_tokens(
        {f"wx{n}": f"secret-{n}" for n in range(1500)}
    )
    with redis_client.pipeline(transaction=False) as pipe:
        for number in range(3000):
            pipe.set(f"release:{number}", "record")
        pipe.execute()
    stored = StoredSecrets(Database(redis_client), Seal([NEW, OLD]))

    assert stored.seal_anew() == 1500

    assert stored.tally() == Tally(1500, 0, ())
    store = TokenStore(Database(redis_client), Seal([NEW]))
    assert {store.refresh_token(f"wx{n}") for n in range(1500)} == {f"secret-{n}" for n in range(1500)}


def test_what_can_not_be_opened_is_named_and_left_as_it_is(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal([OLD]))
    TokenStore(Database(redis_client), Seal([OTHER])).put_refresh_tokens({"wxother": "sealed elsewhere"})
    before = redis_client.get("wechat:refresh-token:wxother")
    stored = StoredSecrets(Database(redis_client), Seal([NEW, OLD]))

    assert stored.seal_anew() == 4

    assert stored.tally() == Tally(4, 0, ("wechat:refresh-token:wxother",))
    assert redis_client.get("wechat:refresh-token:wxother") == before


def test_what_can_not_be_opened_can_be_dropped(redis_client: redis.Redis) -> None:
    secrets = everything(filled(redis_client, Seal([OLD])))
    TokenStore(Database(redis_client), Seal([OTHER])).put_refresh_tokens({"wxother": "sealed elsewhere"})
    stored = StoredSecrets(Database(redis_client), Seal([NEW, OLD]))

    assert stored.drop_unreadable() == 1

    assert stored.tally() == Tally(0, 4, ())
    assert everything(TokenStore(Database(redis_client), Seal([OLD]))) == secrets


def test_a_value_that_was_written_meanwhile_is_not_overwritten(redis_client: redis.Redis) -> None:
    store = TokenStore(Database(redis_client), Seal([OLD]))
    store.put_refresh_tokens({APPID: REFRESH_TOKEN})
    meddled = Meddled([NEW, OLD], lambda: store.put_refresh_tokens({APPID: "newest"}))

    assert StoredSecrets(Database(redis_client), meddled).seal_anew() == 0

    assert store.refresh_token(APPID) == "newest"


def test_a_refresh_token_that_was_sealed_anew_meanwhile_is_replaced_all_the_same(
    redis_client: redis.Redis,
) -> None:
    filled(redis_client, Seal([OLD]))
    meddled = Meddled([NEW, OLD], StoredSecrets(Database(redis_client), Seal([NEW, OLD])).seal_anew)

    TokenStore(Database(redis_client), meddled).replace_refresh_token(APPID, REFRESH_TOKEN, "came-back")

    assert TokenStore(Database(redis_client), Seal([NEW])).refresh_token(APPID) == "came-back"


def test_a_refresh_token_that_was_replaced_meanwhile_stays(redis_client: redis.Redis) -> None:
    store = filled(redis_client, Seal([NEW]))
    meddled = Meddled([NEW], lambda: store.put_refresh_tokens({APPID: "newest"}))

    TokenStore(Database(redis_client), meddled).replace_refresh_token(APPID, REFRESH_TOKEN, "came-back")

    assert store.refresh_token(APPID) == "newest"


def test_a_rejected_token_that_was_sealed_anew_meanwhile_is_forgotten_all_the_same(
    redis_client: redis.Redis,
) -> None:
    store = filled(redis_client, Seal([OLD]))
    meddled = Meddled([NEW, OLD], StoredSecrets(Database(redis_client), Seal([NEW, OLD])).seal_anew)

    TokenStore(Database(redis_client), meddled).reject_token(APPID, "of-the-merchant")

    assert value(store) is None


def test_a_change_that_is_overtaken_for_ever_ends(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal([NEW]))

    class Restless(Seal):
        def decrypt(self, stored: str) -> str | None:
            redis_client.set(f"wechat:refresh-token:{APPID}", self.encrypt(REFRESH_TOKEN))
            return super().decrypt(stored)

    with pytest.raises(redis.WatchError, match="50 times"):
        TokenStore(Database(redis_client), Restless([NEW])).replace_refresh_token(
            APPID, REFRESH_TOKEN, "came-back"
        )


def test_refreshes_and_sealing_anew_lose_nothing_to_each_other(redis_client: redis.Redis) -> None:
    # Given a key that changes again and again
    store = TokenStore(Database(redis_client), Seal([OLD, NEW]))
    store.put_refresh_tokens({APPID: "0"})
    sealings, stop = [0], threading.Event()

    def seal_anew() -> None:
        rotations = [StoredSecrets(Database(redis_client), Seal(keys)) for keys in ([NEW, OLD], [OLD, NEW])]
        while not stop.is_set():
            sealings[0] += sum(rotation.seal_anew() for rotation in rotations)

    thread = threading.Thread(target=seal_anew)
    thread.start()
    # When a refresh token is replaced by the one that came back, many times
    try:
        for number in range(1000):
            store.replace_refresh_token(APPID, str(number), str(number + 1))
    finally:
        stop.set()
        thread.join()

    # Then none of them was lost
    assert store.refresh_token(APPID) == "1000"
    assert sealings[0] > 10


def test_keys_that_fit_are_taken(redis_client: redis.Redis) -> None:
    for seal in (Seal(), Seal([NEW])):
        StoredSecrets(Database(redis_client), seal).check_keys()  # nothing is stored yet

    filled(redis_client, Seal())
    StoredSecrets(Database(redis_client), Seal([NEW])).check_keys()
    filled(redis_client, Seal([NEW]))
    StoredSecrets(Database(redis_client), Seal([OLD, NEW])).check_keys()


@pytest.mark.parametrize("keys", [[], [OTHER]], ids=["no key", "another key"])
@pytest.mark.parametrize("has_ticket", [True, False])
def test_keys_that_do_not_fit_are_told(redis_client: redis.Redis, keys: list[str], has_ticket: bool) -> None:
    filled(redis_client, Seal([NEW]))
    if not has_ticket:
        redis_client.delete("wechat:ticket")

    with pytest.raises(Unreadable, match=r"wechat:"):
        StoredSecrets(Database(redis_client), Seal(keys)).check_keys()


@pytest.mark.parametrize("has_ticket", [True, False])
def test_one_spoilt_value_does_not_make_the_keys_wrong(redis_client: redis.Redis, has_ticket: bool) -> None:
    filled(redis_client, Seal([NEW]))
    TokenStore(Database(redis_client), Seal([OTHER])).put_refresh_tokens({"wxother": "sealed elsewhere"})
    if not has_ticket:
        redis_client.delete("wechat:ticket")

    StoredSecrets(Database(redis_client), Seal([NEW])).check_keys()
