"""Limits over a real Redis; time is a number, so that no test waits for a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

import pytest
import redis

from wechat.component import COMPONENT_TOKEN_PATH
from wechat.errors import RateLimited
from wechat.http.deadline import Deadline
from wechat.http.pace import URGENT, Limit
from wechat.mini_program import PATHS
from wechat.rate.learnt import ASKED_S, LEARNT_S, LearntLimits
from wechat.rate.limits import PATIENCE_S, RateLimits

COMMIT, SUBMIT = PATHS["commit"], PATHS["submit_audit"]
AUTHORIZER_TOKEN = "/cgi-bin/component/api_authorizer_token"
SHOP, OTHER = "wx0123456789abcdef", "wx0123456789abcde0"
MINUTE = Limit(60)


class Clock:
    """A time that all workers share and that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


Make = Callable[..., RateLimits]


@pytest.fixture
def worker(redis_client: redis.Redis, clock: Clock) -> Make:
    """A worker's limits; each call makes another worker's."""

    def make(
        platform: Limit | None = None,
        mini_program: Limit | None = None,
        learnt: LearntLimits | None = None,
        client: redis.Redis = redis_client,
    ) -> RateLimits:
        return RateLimits(
            client,
            platform=platform,
            mini_program=mini_program,
            learnt=learnt,
            now=lambda: clock.now,
            random=lambda: 0.5,
            sleep=clock.sleep,
        )

    return make


def passed(limits: RateLimits, path: str = COMMIT, appid: str | None = SHOP, *, at_most: int = 1000) -> int:
    """Send calls until the clock would have to go on; returns how many."""
    hurried = Deadline(0.001, clock=lambda: 0.0)
    for sent in range(at_most):
        try:
            limits.wait(path, appid, hurried)
        except RateLimited:
            return sent
    return at_most


def most_within(times: Sequence[float], seconds: float) -> int:
    return max(sum(start <= time < start + seconds for time in times) for start in times)


@pytest.mark.parametrize("calls", [1, 7, 60, 600])
def test_all_workers_together_send_no_more_in_any_minute_and_not_much_less(
    worker: Make, clock: Clock, calls: int
) -> None:
    workers, times, end = [worker(Limit(calls)) for _ in range(3)], [], clock.now + 180
    for number in count():
        try:
            workers[number % 3].wait(COMMIT, f"wx{number:016x}", Deadline(100))
        except RateLimited as limited:
            clock.now += limited.retry_after_s
        else:
            times.append(clock.now)
        if clock.now >= end:
            break

    assert most_within(times, 60) <= calls
    assert len(times) >= 3 * max(1, calls * 0.85 - 1)


def test_a_call_waits_for_its_turn(worker: Make, clock: Clock) -> None:
    limits = worker(MINUTE)
    passed(limits)

    limits.wait(COMMIT, SHOP, Deadline(100))

    assert 0 < sum(clock.slept) < PATIENCE_S


def test_a_call_whose_turn_is_far_away_is_not_sent(worker: Make, clock: Clock) -> None:
    limits = worker(Limit(2))
    passed(limits)

    with pytest.raises(RateLimited) as caught:
        limits.wait(COMMIT, SHOP, Deadline(100))

    assert str(caught.value) == "rate limit of 2 per minute for all calls of the platform"
    assert PATIENCE_S < caught.value.retry_after_s <= 60
    assert clock.slept == []


def test_a_call_waits_no_longer_than_half_of_what_its_step_has_left(worker: Make, clock: Clock) -> None:
    limits = worker(MINUTE)
    passed(limits)

    with pytest.raises(RateLimited):
        limits.wait(COMMIT, SHOP, Deadline(0.5, clock=lambda: 0.0))

    assert clock.slept == []


@contextmanager
def urgent_calls() -> Iterator[None]:
    token = URGENT.set(True)
    yield
    URGENT.reset(token)


def test_urgent_calls_do_not_wait_behind_the_others_and_count(worker: Make, clock: Clock) -> None:
    limits = worker(Limit(200))
    ordinary = passed(limits)

    with urgent_calls():
        urgent = passed(limits)

    assert ordinary == urgent == 10
    assert passed(limits) == 0
    # While urgent ones come, the others wait, however many they are.
    clock.now += 1.1
    assert passed(limits) == 0
    with urgent_calls():
        assert passed(limits) == 3


def test_the_component_token_for_which_all_others_wait_is_urgent(worker: Make) -> None:
    limits = worker(Limit(200))
    passed(limits)

    assert passed(limits, AUTHORIZER_TOKEN) == 0
    assert passed(limits, COMPONENT_TOKEN_PATH, None) == 10


def test_each_mini_program_has_a_limit_of_its_own(worker: Make) -> None:
    limits = worker(None, Limit(10))

    assert passed(limits) == 5
    assert passed(worker(None, Limit(10))) == 0, "it holds for all workers together"
    assert passed(limits, appid=OTHER) == 5


def test_the_platforms_own_calls_count_for_no_mini_program(worker: Make) -> None:
    limits = worker(None, Limit(10))

    assert passed(limits, AUTHORIZER_TOKEN, at_most=50) == 50
    assert passed(limits) == 5


def test_what_wechat_told_of_a_path_holds_for_each_caller_in_all_workers(
    worker: Make, redis_client: redis.Redis
) -> None:
    limits = worker(learnt=LearntLimits(redis_client))
    assert passed(limits, at_most=50) == 50

    limits.learn(COMMIT, Limit(8, 30))
    limits.learn(AUTHORIZER_TOKEN, Limit(40))

    for each in (limits, worker(learnt=LearntLimits(redis_client))):
        assert passed(each, appid=SHOP) == (4 if each is limits else 0)
        assert passed(each, AUTHORIZER_TOKEN, OTHER) == (2 if each is limits else 0), "the platform's"
    assert passed(limits, appid=OTHER) == 4
    assert passed(limits, SUBMIT, at_most=50) == 50


def test_one_asks_for_a_limit_and_what_it_is_told_counts_for_an_hour(redis_client: redis.Redis) -> None:
    ours, theirs = LearntLimits(redis_client), LearntLimits(redis_client)

    assert ours.asks(COMMIT)
    assert not theirs.asks(COMMIT)
    assert theirs.of(COMMIT) is None
    assert 0 < redis_client.ttl(f"rate:learnt:{COMMIT}") <= ASKED_S
    ours.learn(COMMIT, Limit(8, 30))
    assert theirs.of(COMMIT) == Limit(8, 30)
    assert not theirs.asks(COMMIT)
    assert ASKED_S < redis_client.ttl(f"rate:learnt:{COMMIT}") <= LEARNT_S


@pytest.mark.parametrize("nonsense", [Limit(0), Limit(-1), Limit(10_000_000), Limit(5, 10**9), Limit(5, 0)])
def test_a_limit_that_makes_no_sense_is_not_kept(redis_client: redis.Redis, nonsense: Limit) -> None:
    learnt = LearntLimits(redis_client)

    learnt.learn(COMMIT, nonsense)

    assert learnt.of(COMMIT) is None


def test_without_learning_nobody_asks(worker: Make) -> None:
    limits = worker(MINUTE)

    assert not limits.asks(COMMIT)
    limits.learn(COMMIT, Limit(1))
    assert passed(limits) == 3


def commands(client: redis.Redis) -> int:
    """The commands that clients have sent, but for the one that asks."""
    stats = client.info("commandstats")
    return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("get", "evalsha"))


def test_a_call_costs_one_command_for_each_limit_and_none_without(
    worker: Make, redis_client: redis.Redis, clock: Clock
) -> None:
    def cost(limits: RateLimits) -> int:
        before = commands(redis_client)
        assert passed(limits, at_most=3) == 3
        return commands(redis_client) - before

    assert cost(worker()) == 0
    assert cost(worker(learnt=LearntLimits(redis_client))) == 1, "one look in ten seconds"
    worker(Limit(1000)).wait(COMMIT, SHOP, Deadline(9))  # the server knows the script now
    assert cost(worker(Limit(1000))) == 3
    assert cost(worker(Limit(1000), Limit(1000))) == 6


def test_a_redis_that_has_forgotten_the_scripts_gets_them_again(
    worker: Make, redis_client: redis.Redis
) -> None:
    limits = worker(MINUTE)
    limits.wait(COMMIT, SHOP, Deadline(9))
    redis_client.script_flush()

    assert passed(limits) == 2


def test_a_redis_that_is_away_is_an_error(worker: Make) -> None:
    with redis.Redis(port=1, socket_connect_timeout=1) as nobody, pytest.raises(redis.ConnectionError):
        worker(MINUTE, client=nobody).wait(COMMIT, SHOP, Deadline(9))
