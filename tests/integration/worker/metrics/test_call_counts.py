from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cli.demo.redis import embedded_redis, free_port
from tests.integration.releases.together import all_at_once
from worker.metrics.calls import BOUNDS_S, CallCounts, Latency, read_calls

COMMIT = "/wxa/commit"


@pytest.fixture
def counts(redis_client: redis.Redis) -> CallCounts:
    return CallCounts(redis_client)


def test_the_counts_of_two_processes_add_up(redis_client: redis.Redis) -> None:
    for seconds in (0.05, 0.051, 61):
        counts = CallCounts(redis_client)
        counts(COMMIT, 0, seconds)
        counts.flush()

    calls = read_calls(redis_client)

    assert calls.outcomes == {(COMMIT, "0"): 3}
    assert calls.latencies == {COMMIT: Latency([1, 1, *[0] * (len(BOUNDS_S) - 2), 1], 50 + 51 + 61_000)}


def test_what_has_been_added_is_not_added_again(counts: CallCounts, redis_client: redis.Redis) -> None:
    counts(COMMIT, 0, 1)
    counts.flush()
    counts.flush()

    assert read_calls(redis_client).outcomes == {(COMMIT, "0"): 1}


def test_an_outcome_is_an_errcode_of_the_table_or_one_of_two_words(
    counts: CallCounts, redis_client: redis.Redis
) -> None:
    for errcode in (0, -1, 85018, None, 987654321, 987654322):
        counts(COMMIT, errcode, 1)
    counts.flush()

    outcomes = {outcome: number for (_, outcome), number in read_calls(redis_client).outcomes.items()}
    assert outcomes == {"0": 1, "-1": 1, "85018": 1, "unanswered": 1, "unknown": 2}


def test_calls_of_many_threads_are_all_counted(counts: CallCounts, redis_client: redis.Redis) -> None:
    def call(number: int) -> None:
        for _ in range(500):
            counts(COMMIT, 0, 0.1)
            if number == 0:
                counts.flush()

    all_at_once(4, call)
    counts.flush()

    assert read_calls(redis_client).outcomes == {(COMMIT, "0"): 2000}


@pytest.fixture
def away() -> Iterator[redis.Redis]:
    with redis.Redis(port=free_port(), decode_responses=True, retry=Retry(NoBackoff(), 0)) as client:
        yield client


def test_the_counts_wait_while_redis_is_away(away: redis.Redis) -> None:
    counts = CallCounts(away)
    counts(COMMIT, 0, 1)
    counts.flush()
    counts(COMMIT, 0, 1)

    with embedded_redis() as url, redis.Redis.from_url(url, decode_responses=True) as back:
        counts._redis = back
        counts.flush()
        assert read_calls(back).outcomes == {(COMMIT, "0"): 2}
