from __future__ import annotations

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import APPID, REFRESH_TOKEN, TICKET
from tests.support.keys import NEW
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TICKET_LIFETIME_S, TokenStore

TOKEN_KEY = f"wechat:token:{APPID}"
LOCK_KEY = f"wechat:token-lock:{APPID}"


@pytest.fixture(params=[Seal(), Seal([NEW])], ids=["plain", "sealed"])
def store(request: pytest.FixtureRequest, redis_client: redis.Redis) -> TokenStore:
    """Whatever holds, holds with a key as without."""
    store = TokenStore(Database(redis_client), request.param)
    store.put_ticket(TICKET)
    store.put_refresh_tokens({APPID: REFRESH_TOKEN})
    return store


def put(store: TokenStore, token: str, *, expires_in_s: float = 7200, refresh_ahead_s: float = 600) -> None:
    owner, _ = store.begin_refresh(APPID, 5)
    assert owner is not None
    assert store.put_token(APPID, owner, token, expires_in_s=expires_in_s, refresh_ahead_s=refresh_ahead_s)


def test_ticket_is_kept_for_twelve_hours(store: TokenStore, redis_client: redis.Redis) -> None:
    store.put_ticket("newest")

    assert store.ticket() == "newest"
    assert TICKET_LIFETIME_S - 5 <= int(str(redis_client.ttl("wechat:ticket"))) <= TICKET_LIFETIME_S == 43_200


def test_ticket_says_how_old_it_is(store: TokenStore, redis_client: redis.Redis) -> None:
    age_s = store.ticket_age_s()
    assert age_s is not None
    assert 0 <= age_s < 60
    redis_client.expire("wechat:ticket", TICKET_LIFETIME_S - 3600)

    age_s = store.ticket_age_s()

    assert age_s is not None
    assert 3600 <= age_s < 3660
    redis_client.delete("wechat:ticket")
    assert store.ticket_age_s() is None


def test_ticket_that_expired_is_none(store: TokenStore, redis_client: redis.Redis) -> None:
    redis_client.pexpire("wechat:ticket", 0)

    assert store.ticket() is None


def test_refresh_token_never_expires(store: TokenStore, redis_client: redis.Redis) -> None:
    assert store.refresh_token(APPID) == REFRESH_TOKEN
    assert redis_client.ttl(f"wechat:refresh-token:{APPID}") == -1


def test_refresh_token_of_a_stranger_is_none(store: TokenStore) -> None:
    assert store.refresh_token("wxstranger") is None


def test_new_authorisation_forgets_the_access_token_of_the_old_one(store: TokenStore) -> None:
    put(store, "old")

    store.put_refresh_tokens({APPID: "new", "wxother": "another"})

    assert store.token(APPID) is None
    assert (store.refresh_token(APPID), store.refresh_token("wxother")) == ("new", "another")


def test_refresh_token_that_came_back_keeps_the_access_token(store: TokenStore) -> None:
    put(store, "current")

    store.replace_refresh_token(APPID, REFRESH_TOKEN, "new")

    stored = store.token(APPID)
    assert stored is not None
    assert (stored.value, store.refresh_token(APPID)) == ("current", "new")


def test_token_is_kept_with_its_lifetime(store: TokenStore) -> None:
    put(store, "current", expires_in_s=7200, refresh_ahead_s=600)

    stored = store.token(APPID)

    assert stored is not None
    assert stored.value == "current"
    assert 7_195_000 < stored.left_ms <= 7_200_000
    assert stored.refresh_below_ms == 600_000
    assert not stored.is_due


def test_token_in_its_last_part_is_due(store: TokenStore) -> None:
    put(store, "current", expires_in_s=599, refresh_ahead_s=600)

    stored = store.token(APPID)

    assert stored is not None
    assert stored.is_due


def test_token_that_expired_is_none(store: TokenStore, redis_client: redis.Redis) -> None:
    put(store, "current")

    redis_client.pexpire(TOKEN_KEY, 0)

    assert store.token(APPID) is None


def test_token_without_an_expiry_is_not_trusted(store: TokenStore, redis_client: redis.Redis) -> None:
    put(store, "current")

    redis_client.persist(TOKEN_KEY)

    assert store.token(APPID) is None


def test_storing_a_token_ends_the_refresh(store: TokenStore, redis_client: redis.Redis) -> None:
    put(store, "current")

    assert not redis_client.exists(LOCK_KEY)


def test_only_one_caller_becomes_the_refresher(store: TokenStore) -> None:
    assert store.begin_refresh(APPID, 5)[0] is not None
    assert store.begin_refresh(APPID, 5)[0] is None


def test_refreshers_of_different_slots_do_not_wait_for_each_other(store: TokenStore) -> None:
    assert store.begin_refresh(APPID, 5)[0] is not None
    assert store.begin_refresh("wxother", 5)[0] is not None


def test_refresh_lock_expires(store: TokenStore, redis_client: redis.Redis) -> None:
    store.begin_refresh(APPID, 25)

    assert 24_000 < int(str(redis_client.pttl(LOCK_KEY))) <= 25_000


def test_writer_who_lost_the_lock_stores_nothing(store: TokenStore, redis_client: redis.Redis) -> None:
    # Given a refresher whose lock expired, and another one who was done meanwhile
    late, _ = store.begin_refresh(APPID, 5)
    redis_client.delete(LOCK_KEY)
    put(store, "newer")
    assert late is not None

    # When the late one stores its token
    stored = store.put_token(APPID, late, "older", expires_in_s=7200, refresh_ahead_s=600)

    # Then the newer one stays
    kept = store.token(APPID)
    assert kept is not None
    assert (stored, kept.value) == (False, "newer")


def test_writer_who_lost_the_lock_leaves_it_to_its_owner(
    store: TokenStore, redis_client: redis.Redis
) -> None:
    late, _ = store.begin_refresh(APPID, 5)
    redis_client.delete(LOCK_KEY)
    owner, _ = store.begin_refresh(APPID, 5)
    assert late is not None

    store.put_token(APPID, late, "older", expires_in_s=7200, refresh_ahead_s=600)
    store.end_refresh(APPID, late)

    assert redis_client.get(LOCK_KEY) == owner


def test_owner_ends_its_refresh(store: TokenStore) -> None:
    owner, _ = store.begin_refresh(APPID, 5)
    assert owner is not None

    store.end_refresh(APPID, owner)

    assert store.begin_refresh(APPID, 5)[0] is not None


def test_rejected_token_is_forgotten(store: TokenStore) -> None:
    put(store, "current")

    store.reject_token(APPID, "current")

    assert store.token(APPID) is None


def test_stale_rejection_does_not_cost_a_newer_token(store: TokenStore) -> None:
    put(store, "newer")

    store.reject_token(APPID, "older")

    kept = store.token(APPID)
    assert kept is not None
    assert kept.value == "newer"


def test_forgetting_what_is_not_there_is_harmless(store: TokenStore) -> None:
    store.reject_token(APPID, "older")
    store.end_refresh(APPID, "nobody")

    assert store.token(APPID) is None


def test_store_does_not_show_what_it_holds(store: TokenStore) -> None:
    put(store, "current")

    shown = repr(store) + repr(store.token(APPID))

    for secret in ("current", TICKET, REFRESH_TOKEN):
        assert secret not in shown


@pytest.mark.parametrize("appid", ["component", "wx1:lock"])
def test_ticket_survives_whatever_a_mini_program_is_called(store: TokenStore, appid: str) -> None:
    store.put_refresh_tokens({appid: "other"})

    assert (store.ticket(), store.refresh_token(APPID)) == (TICKET, REFRESH_TOKEN)
