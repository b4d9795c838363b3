"""Before a wave's first call for a Mini Program: the platform has to have registered its domains.

A missing one would block each release of the wave after a call that counts against the merchant's fifty a month.
So the platform's own pool is read once for all workers, kept for some minutes, and read anew when something is
missing in it. Where WeChat does not say, the wave goes on: its calls will tell.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from shlex import quote

import redis

from releases.problems import StepBlocked
from releases.store import keys
from wechat.domains import Domains

#: How long a pool that was read is good, in seconds.
KEPT_S = 600
#: A pool that lacks something is read anew after so many seconds, and so is one that WeChat did not tell.
FRESH_S = 5
#: Whoever reads the pool is waited for so long, in seconds; then the wave goes on without.
PATIENCE_S = 15.0
_POLL_S = 0.05
NONE = Domains.wanted({})

#: The hosts that count for released Mini Programs; None if WeChat does not say.
ReadPool = Callable[[], Collection[str] | None]


class Preflight:
    """Holds the wanted domains against the platform's pool. Safe to use from many threads and processes."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        read_pool: ReadPool,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = client
        self._read_pool = read_pool
        self._sleep = sleep
        self._monotonic = monotonic
        self._passed: tuple[Domains, float] | None = None

    def check(self, wanted: Domains, wave: str) -> None:
        """Raise StepBlocked naming the domains that the platform has not registered; looks once in five seconds."""
        passed = self._passed
        if passed is not None and passed[0] == wanted and self._monotonic() - passed[1] < FRESH_S:
            return
        missing = self._missing(wanted)
        if missing:
            raise StepBlocked(
                errmsg="preflight: the platform has not registered and published these domains",
                domains=missing.as_dict(),
                remedy="Register them with `mprelease platform domains add`, then "
                f"`mprelease resume --wave {quote(wave)}`: no call was made for these Mini Programs.",
            )
        self._passed = wanted, self._monotonic()

    def forget(self) -> None:
        """The pool has been changed: it is read anew."""
        self._redis.delete(keys.POOL)

    def _missing(self, wanted: Domains) -> Domains:
        waited_s = 0.0
        while waited_s < PATIENCE_S:
            raw, is_fresh = self._stored()
            if raw is not None:
                hosts = json.loads(raw)
                missing = NONE if hosts is None else wanted.not_on_hosts(hosts)
                if not missing or is_fresh:
                    return missing
            if self._redis.set(keys.POOL_LOCK, 1, nx=True, px=int(PATIENCE_S * 1000)):
                self._read(raw)
                continue
            self._sleep(_POLL_S)
            waited_s += _POLL_S
        return NONE

    def _stored(self) -> tuple[str | None, bool]:
        """The pool as it was read last, and whether that was just now."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(keys.POOL)
            pipe.pttl(keys.POOL)
            raw, left_ms = pipe.execute()
        return raw, left_ms > (KEPT_S - FRESH_S) * 1000

    def _read(self, known: str | None) -> None:
        try:
            stored, is_fresh = self._stored()
            if is_fresh or stored != known:
                return  # somebody has read it between our look and our lock
            hosts = self._read_pool()
            raw, kept_s = ("null", FRESH_S) if hosts is None else (json.dumps([*hosts]), KEPT_S)
            self._redis.set(keys.POOL, raw, ex=kept_s)
        finally:
            self._redis.delete(keys.POOL_LOCK)
