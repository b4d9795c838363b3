"""Messages that were taken are timed by Redis' clock, whatever the machine's own says."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from kombu import Connection
from kombu.transport import redis as kombu_redis

QUEUE = "releases"
VISIBILITY_TIMEOUT_S = 60
OPTIONS = {"visibility_timeout": VISIBILITY_TIMEOUT_S, "unacked_restore_throttle": 1}


@pytest.fixture(params=[-3600, 0, 3600])
def machine_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock, behind, right or ahead; kombu has a name of its own for it."""
    real = time.time

    def shifted() -> float:
        return real() + float(request.param)

    monkeypatch.setattr(time, "time", shifted)
    monkeypatch.setattr(kombu_redis, "time", shifted)


@contextmanager
def channel_of(url: str) -> Iterator[Any]:
    with Connection(
        url, transport="worker.celery_patches.transport:Transport", transport_options=OPTIONS
    ) as connection:
        yield connection.default_channel


def take(channel: Any) -> str:
    """Put a message on the queue and take it; returns its tag."""
    channel.queue_declare(QUEUE)
    channel.basic_publish(channel.prepare_message("{}"), "", QUEUE)
    tag: str = channel.basic_get(QUEUE).delivery_tag
    return tag


def redis_time(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds + microseconds / 1e6)


@pytest.mark.usefixtures("machine_clock")
def test_a_message_is_noted_as_taken_by_redis_clock(redis_url: str, redis_client: redis.Redis) -> None:
    with channel_of(redis_url) as channel:
        tag = take(channel)
        assert redis_client.zscore("unacked_index", tag) == pytest.approx(redis_time(redis_client), abs=2)


@pytest.mark.usefixtures("machine_clock")
def test_only_what_is_over_the_visibility_timeout_is_given_back(
    redis_url: str, redis_client: redis.Redis
) -> None:
    with channel_of(redis_url) as channel:
        old, young = take(channel), take(channel)
        taken_at = redis_time(redis_client) - VISIBILITY_TIMEOUT_S
        redis_client.zadd("unacked_index", {old: taken_at - 2, young: taken_at + 2})
        with channel_of(redis_url) as another:
            another.qos.restore_visible(interval=1)
        assert redis_client.hkeys("unacked") == [young]
        assert redis_client.llen(QUEUE) == 1


def test_what_is_in_hand_when_a_worker_stops_is_the_next_that_is_taken(
    redis_url: str, redis_client: redis.Redis
) -> None:
    # Behind newer ones it would look as if what was sent before them had been lost.
    with channel_of(redis_url) as channel:
        old = take(channel)
        channel.basic_publish(channel.prepare_message("{}"), "", QUEUE)
        channel.close()

        assert redis_client.hlen("unacked") == 0
        newest, oldest = (str(message) for message in redis_client.lrange(QUEUE, 0, -1))
        assert (old in oldest, old in newest) == (True, False)
