"""The token store with keys: what stands in Redis, and who can read it."""

from __future__ import annotations

import pytest
import redis

from db.database import Database
from tests.integration.wechat.names import APPID, REFRESH_TOKEN, TICKET
from tests.integration.wechat.tokens.token_helpers import put, value
from tests.support.keys import NEW, OLD, OTHER
from wechat.errors import Unreadable
from wechat.tokens.sealing import MARK, Seal
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import TokenStore

SECRETS = (TICKET, REFRESH_TOKEN, "of-the-component", "of-the-merchant", "came-back")
#: Those whose key is not among the ones that sealed.
STRANGERS = pytest.mark.parametrize("stranger", [Seal(), Seal([OTHER])], ids=["no key", "another key"])


def filled(client: redis.Redis, seal: Seal) -> TokenStore:
    """A store that has been used in every way."""
    store = TokenStore(Database(client), seal)
    store.put_ticket(TICKET)
    store.put_refresh_tokens({APPID: REFRESH_TOKEN, "wxother": "never-used"})
    put(store, COMPONENT, "of-the-component")
    put(store, APPID, "of-the-merchant")
    store.replace_refresh_token(APPID, REFRESH_TOKEN, "came-back")
    store.begin_refresh(APPID, 60)
    return store


def stored(client: redis.Redis) -> dict[str, str]:
    """All that stands in Redis, as it stands there."""
    return {key: str(client.get(key)) for key in client.scan_iter()}


def test_with_a_key_no_value_in_redis_holds_a_secret(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal([NEW]))

    values = stored(redis_client)

    assert set(values) == {
        *("wechat:ticket", f"wechat:refresh-token:{APPID}", "wechat:refresh-token:wxother"),
        *("wechat:token:component", f"wechat:token:{APPID}", f"wechat:token-lock:{APPID}"),
        "pushed:ticket-created",
    }
    assert [secret for secret in (*SECRETS, "never-used") if secret in str(values)] == []
    assert {key for key, text in values.items() if not text.startswith(MARK)} == {
        *(f"wechat:token-lock:{APPID}", "pushed:ticket-created")
    }


def test_without_a_key_values_are_as_they_were_before_there_were_keys(redis_client: redis.Redis) -> None:
    filled(redis_client, Seal())

    values = stored(redis_client)

    assert (values["wechat:ticket"], values[f"wechat:refresh-token:{APPID}"]) == (TICKET, "came-back")
    assert values[f"wechat:token:{APPID}"] == '{"token": "of-the-merchant", "refresh_below_ms": 600000}'


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        (Seal(), Seal([NEW])),
        (Seal(), Seal([NEW], encrypts=False)),
        (Seal([NEW]), Seal([NEW], encrypts=False)),
        (Seal([NEW], encrypts=False), Seal()),
        (Seal([OLD]), Seal([OLD, NEW])),
        (Seal([OLD, NEW]), Seal([NEW, OLD])),
        (Seal([NEW, OLD]), Seal([OLD, NEW])),
        (Seal([NEW, OLD]), Seal([NEW])),
    ],
    ids=["plain, key", "plain, step 1", "step 2, 1", "step 1, none", "1", "1, 2", "2, 1", "2, 4"],
)
def test_one_step_of_a_rotation_reads_and_changes_what_the_next_one_wrote(
    redis_client: redis.Redis, writer: Seal, reader: Seal
) -> None:
    filled(redis_client, writer)
    store = TokenStore(Database(redis_client), reader)

    assert (store.ticket(), store.refresh_token(APPID)) == (TICKET, "came-back")
    assert (value(store), value(store, COMPONENT)) == ("of-the-merchant", "of-the-component")

    store.replace_refresh_token(APPID, "came-back", "newest")
    store.reject_token(APPID, "of-the-merchant")

    assert (store.refresh_token(APPID), value(store)) == ("newest", None)


@STRANGERS
def test_what_can_not_be_opened_is_an_error_that_shows_nothing(
    redis_client: redis.Redis, stranger: Seal
) -> None:
    filled(redis_client, Seal([NEW]))
    store = TokenStore(Database(redis_client), stranger)

    with pytest.raises(Unreadable) as of_platform:
        store.ticket()
    with pytest.raises(Unreadable) as of_merchant:
        store.refresh_token(APPID)

    assert (of_platform.value.appid, of_merchant.value.appid) == (None, APPID)
    told = f"{of_platform.value!r} {of_platform.value} {of_merchant.value!r} {of_merchant.value}"
    assert not any(text.removeprefix(MARK) in told for text in stored(redis_client).values())
    assert of_platform.value.__cause__ is of_platform.value.__context__ is None


@STRANGERS
def test_an_access_token_that_can_not_be_opened_counts_as_none_and_stays(
    redis_client: redis.Redis, stranger: Seal
) -> None:
    filled(redis_client, Seal([NEW]))
    before = stored(redis_client)
    store = TokenStore(Database(redis_client), stranger)

    store.reject_token(APPID, "of-the-merchant")

    assert (value(store), value(store, COMPONENT)) == (None, None)
    assert stored(redis_client) == before


@STRANGERS
def test_a_stranger_does_not_replace_a_refresh_token(redis_client: redis.Redis, stranger: Seal) -> None:
    owner = filled(redis_client, Seal([NEW]))

    with pytest.raises(Unreadable):
        TokenStore(Database(redis_client), stranger).replace_refresh_token(APPID, "came-back", "lost")

    assert owner.refresh_token(APPID) == "came-back"


@STRANGERS
def test_whether_there_is_a_ticket_can_be_told_without_a_key(
    redis_client: redis.Redis, stranger: Seal
) -> None:
    store = TokenStore(Database(redis_client), stranger)
    assert not store.has_ticket()

    filled(redis_client, Seal([NEW]))

    assert store.has_ticket()
