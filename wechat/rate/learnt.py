"""The limits that WeChat told (openapi/quota/get), shared by all workers.

WeChat is asked only after it has refused a call for being too fast, by one caller at a time, and what it tells
counts for an hour. Keys: `rate:learnt:PATH`, empty while somebody asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import redis

from wechat.http.pace import Limit

#: What was told counts for so many seconds.
LEARNT_S = 3600
#: Where nothing was told, nobody asks again for so many seconds.
ASKED_S = 60
#: What stands in Redis is looked up again after so many seconds.
_FRESH_S = 10.0
#: A limit of so many calls a second, or a longer window in seconds, is none that we would come to.
_FAST, _LONG_S = 1000, 86_400


class LearntLimits:
    """Limits by path. Safe to use from many threads and processes."""

    def __init__(self, client: redis.Redis, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = client
        self._monotonic = monotonic
        self._seen: dict[str, tuple[float, Limit | None]] = {}

    def of(self, path: str) -> Limit | None:
        """The limit that WeChat told; at most one look into Redis in ten seconds."""
        seen = self._seen.get(path)
        if seen is not None and self._monotonic() - seen[0] < _FRESH_S:
            return seen[1]
        raw = self._redis.get(_key(path))
        limit = _read(str(raw)) if raw else None
        if raw != "":
            self._seen[path] = (self._monotonic(), limit)
        return limit

    def asks(self, path: str) -> bool:
        """Whether the caller is the one to ask; the others look what that one is told."""
        self._seen.pop(path, None)
        return bool(self._redis.set(_key(path), "", nx=True, ex=ASKED_S))

    def learn(self, path: str, limit: Limit) -> None:
        """Keep what WeChat told, if it makes sense."""
        if 0 < limit.calls < limit.seconds * _FAST and limit.seconds <= _LONG_S:
            self._redis.set(_key(path), f"{limit.calls}/{limit.seconds}", ex=LEARNT_S)
            self._seen.pop(path, None)


def _key(path: str) -> str:
    return f"rate:learnt:{path}"


def _read(raw: str) -> Limit:
    calls, _, seconds = raw.partition("/")
    return Limit(int(calls), int(seconds))
