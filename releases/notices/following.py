"""Which waves there are to be told of: the newest. New ones are found by the newest releases, so nobody has to write them down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import redis

from releases.notices.memory import Followed
from releases.store import keys
from releases.store.records import ReleaseStore

#: So many waves are followed.
MOST_WAVES = 500
#: A release may be there so many seconds after the time at which it counts as created: a file of many takes its time.
_OVERLAP_S = 30.0
_PAGE = 1000


class Following:
    """Finds waves. Safe to use from many threads."""

    def __init__(self, client: redis.Redis, store: ReleaseStore) -> None:
        self._redis = client
        self._store = store

    def first(self) -> Followed:
        """All waves that there are; looks at every key."""
        names = list(self._store.waves())[:MOST_WAVES]
        newest: Any = self._redis.zrange(keys.ALL, -1, -1, withscores=True)
        return Followed(names=names[::-1], until=newest[0][1] if newest else 0.0)

    def after(self, before: Followed, now: float) -> Followed:
        """With the waves of the releases that have come since, the newest last; `now` is Redis' time in seconds."""
        # A wave of many is created in a moment: all of it is looked at again only while more may come.
        is_quiet = now - before.until > 2 * _OVERLAP_S
        names, until = dict.fromkeys(before.names), before.until
        for ids, newest in self._pages(before.until - (0 if is_quiet else _OVERLAP_S)):
            until = max(until, newest)
            names |= dict.fromkeys(name for name in self._waves_of(ids) if name not in names)
        return Followed(names=list(names)[-MOST_WAVES:], until=until)

    def _pages(self, first: float) -> Iterator[tuple[list[str], float]]:
        start = 0
        while True:
            found: Any = self._redis.zrangebyscore(
                keys.ALL, first, "+inf", start=start, num=_PAGE, withscores=True
            )
            if found:
                yield [release_id for release_id, _ in found], found[-1][1]
            if len(found) < _PAGE:
                return
            start += _PAGE

    def _waves_of(self, ids: Sequence[str]) -> list[str]:
        with self._redis.pipeline(transaction=False) as pipe:
            for release_id in ids:
                pipe.hget(keys.record(release_id), "wave")
            return [name for name in cast("list[str | None]", pipe.execute()) if name]
