"""The limits of all workers together, counted in Redis by pyrate-limiter (docs/adr/0011).

A call waits for its turn, so the messages behind it stay in the queue; one whose turn is too far away is not sent
and raises RateLimited. Keys: `rate:platform`, `rate:mini-program:APPID`, `rate:path:CALLER:PATH`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import cast

import redis
from pyrate_limiter import GCRA, Rate, RateItem, RedisStateStore, StateBucket

from wechat.component import COMPONENT_TOKEN_PATH, PREFIX
from wechat.errors import RateLimited
from wechat.http.deadline import Deadline
from wechat.http.pace import URGENT, Limit, Pace
from wechat.mini_program import PATHS
from wechat.rate.learnt import LearntLimits

#: A call waits for its turn so many seconds at the most: meanwhile its thread is no urgent release's.
PATIENCE_S = 5.0
#: Those who wait for the same turn try again within so many seconds after it has come.
_SPREAD_S = 0.25
#: All others wait for the one, and what to wait for is to be learnt from the other.
_BEFORE_ALL = frozenset({COMPONENT_TOKEN_PATH, PATHS["quota"]})


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a call has to wait for. `burst`: so many calls may come at once; `ordinary`: without urgent ones."""

    key: str
    what: str
    limit: Limit
    burst: int
    ordinary: int

    def rate(self, *, urgent: bool) -> Rate:
        """In no window of the limit's length are there more than its calls: a burst, and a steady rest."""
        steady = max(1, self.limit.calls - self.burst)
        return Rate(steady, self.limit.seconds * 1000, burst=self.burst if urgent else self.ordinary)


@dataclass(frozen=True, slots=True)
class RateLimits(Pace):
    """Counts calls. Safe to use from many threads and processes.

    `now` is a time that all workers share, in seconds since the epoch.
    """

    client: redis.Redis
    _: KW_ONLY
    platform: Limit | None
    mini_program: Limit | None
    learnt: LearntLimits | None
    now: Callable[[], float]
    random: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep

    def wait(self, path: str, appid: str | None, deadline: Deadline) -> None:
        """Return when the call may be sent; raises RateLimited where that takes too long."""
        urgent = URGENT.get() or path in _BEFORE_ALL
        patience_s = PATIENCE_S
        for turn in self._turns(path, appid):
            while (wait_s := self._try(turn, urgent=urgent)) > 0:
                # Half of what is left: the call itself has to be over by the deadline as well.
                if wait_s > min(patience_s, deadline.remaining() / 2):
                    raise RateLimited(f"rate limit of {turn.limit} for {turn.what}", wait_s)
                wait_s += _SPREAD_S * self.random()
                patience_s -= wait_s
                self.sleep(wait_s)

    def asks(self, path: str) -> bool:
        """Whether the caller, whom WeChat refused for being too fast, is the one to ask for the path's limit."""
        return self.learnt is not None and self.learnt.asks(path)

    def learn(self, path: str, limit: Limit) -> None:
        """WeChat has told the path's limit."""
        if self.learnt is not None:
            self.learnt.learn(path, limit)

    def _turns(self, path: str, appid: str | None) -> Iterator[_Turn]:
        """The narrow ones first: a turn that was waited for is not taken twice while the call waits for the next."""
        merchant = None if path.startswith(PREFIX) else appid
        if merchant and self.mini_program:
            yield _own(f"rate:mini-program:{merchant}", "one Mini Program", self.mini_program)
        told = self.learnt.of(path) if self.learnt else None
        if told:
            key, what = f"rate:path:{merchant or 'platform'}:{path}", f"{path}, as WeChat told"
            yield _own(key, what, told) if merchant else _shared(key, what, told)
        if self.platform:
            yield _shared("rate:platform", "all calls of the platform", self.platform)

    def _try(self, turn: _Turn, *, urgent: bool) -> float:
        """Take the turn and return 0, or return in how many seconds it may come."""
        store = RedisStateStore(self.client, turn.key)
        bucket = StateBucket([turn.rate(urgent=urgent)], GCRA(), store)
        item = RateItem(turn.key, int(self.now() * 1000))
        return 0.0 if bucket.put(item) else max(1, cast("int", bucket.waiting(item))) / 1000


def _own(key: str, what: str, limit: Limit) -> _Turn:
    """One Mini Program's: half of it at once, for the calls of a release come together."""
    burst = max(1, limit.calls // 2)
    return _Turn(key, what, limit, burst, burst)


def _shared(key: str, what: str, limit: Limit) -> _Turn:
    """Everybody's: evenly spread but for a tenth, the half of which is kept for urgent calls."""
    burst = max(1, limit.calls // 10)
    return _Turn(key, what, limit, burst, max(1, burst // 2))
