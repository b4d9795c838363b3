"""Waves are found by their releases, whenever these come."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from releases.notices import following
from releases.notices.following import Following
from releases.notices.memory import Followed
from releases.store.records import ReleaseStore
from tests.support.examples import NOW, a_release, a_request
from tests.support.records import created


@pytest.fixture
def come(store: ReleaseStore) -> None:
    """Releases of three waves, ten minutes apart, and one of none."""
    for number in range(4):
        request = a_request(appid=f"wx{number:016x}", wave=f"wave {number}" if number else None)
        created(store, a_release(request, created_at=NOW + timedelta(minutes=10 * number)))


def seconds(minutes: float) -> float:
    return (NOW + timedelta(minutes=minutes)).timestamp()


@pytest.mark.usefixtures("come")
def test_all_there_are_at_first_and_the_new_ones_later(
    redis_client: redis.Redis, store: ReleaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = Following(redis_client, store)
    assert looking.first() == Followed(names=["wave 1", "wave 2", "wave 3"], until=seconds(30))
    before = Followed(names=["wave 1"], until=seconds(10))
    assert looking.after(before, seconds(31)).names == ["wave 1", "wave 2", "wave 3"]
    monkeypatch.setattr(following, "MOST_WAVES", 2)
    assert looking.after(before, seconds(31)).names == ["wave 2", "wave 3"]
    assert looking.first().names == ["wave 2", "wave 3"]


@pytest.mark.usefixtures("come")
def test_one_that_took_its_time_is_found_while_more_may_come(
    redis_client: redis.Redis, store: ReleaseStore
) -> None:
    looking = Following(redis_client, store)
    before = Followed(names=[], until=seconds(30.2))
    assert looking.after(before, seconds(30.5)).names == ["wave 3"]
    assert looking.after(before, seconds(40)) == before
