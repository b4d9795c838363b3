"""The calls to WeChat, counted where they are made and added up in Redis.

A call costs a few dictionary entries. Whatever process made calls adds its counts to Redis' every few seconds from
a thread of its own, one round trip whatever their number, so no step waits for it, and none fails for it.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import redis
from celery.signals import worker_process_shutdown

from releases.store.keys import WECHAT_CALLS
from wechat.errcodes.table import TABLE

log = logging.getLogger(__name__)

# The fields of the hash: `calls ENDPOINT OUTCOME`, `bucket ENDPOINT N` (N of BOUNDS_S), `ms ENDPOINT`.

#: Seconds between two additions; a process that is killed loses so much of its counts.
FLUSH_EVERY_S = 5.0
#: Upper bounds of the latencies, in seconds; the last bucket has none.
BOUNDS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: The outcomes that are no errcode of the table: labels must not grow with what a server makes up.
UNANSWERED, UNKNOWN = "unanswered", "unknown"


class CallCounts:
    """Counts calls; an `Observe` of the transport. Safe to use from many threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._thread: threading.Thread | None = None

    def __call__(self, endpoint: str, errcode: int | None, seconds: float) -> None:
        """Count one call."""
        counted = {
            f"calls {endpoint} {_outcome(errcode)}": 1,
            f"bucket {endpoint} {bisect_left(BOUNDS_S, seconds)}": 1,
            f"ms {endpoint}": round(seconds * 1000),
        }
        with self._lock:
            self._counts.update(counted)
            if self._thread is None:
                # Not before there is something to count: by then a pool's child has been forked.
                self._thread = threading.Thread(target=self._keep_flushing, name="call-counts", daemon=True)
                self._thread.start()
                self._flush_at_the_end()

    def flush(self) -> None:
        """Add what has been counted to Redis' counts; kept for the next time if Redis is away."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            with self._redis.pipeline() as pipe:
                for name, number in taken.items():
                    pipe.hincrby(WECHAT_CALLS, name, number)
                pipe.execute()
        except redis.RedisError as error:
            log.debug("the counts of calls wait: %s", type(error).__name__)
            with self._lock:
                self._counts.update(taken)

    def _keep_flushing(self) -> None:
        never = threading.Event()
        while not never.wait(FLUSH_EVERY_S):
            self.flush()

    def _flush_at_the_end(self) -> None:
        owner = os.getpid()

        def flush(**_: object) -> None:
            # A child that was forked later inherits this, and the counts that are not its own.
            if os.getpid() == owner:
                self.flush()

        atexit.register(flush)
        # The children of a pool end without that.
        worker_process_shutdown.connect(flush, weak=False)


@dataclass(slots=True)
class Latency:
    """The latencies of one endpoint."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Calls:
    """What all processes have counted: calls by endpoint and outcome, and latencies by endpoint."""

    outcomes: Mapping[tuple[str, str], int]
    latencies: Mapping[str, Latency]


def read_calls(client: redis.Redis) -> Calls:
    """Read the counts of all processes."""
    outcomes: dict[tuple[str, str], int] = {}
    latencies: defaultdict[str, Latency] = defaultdict(Latency)
    for name, number in cast("dict[str, str]", client.hgetall(WECHAT_CALLS)).items():
        match name.split(" "):
            case ["calls", endpoint, outcome]:
                outcomes[endpoint, outcome] = int(number)
            case ["bucket", endpoint, bucket]:
                latencies[endpoint].buckets[int(bucket)] = int(number)
            case ["ms", endpoint]:
                latencies[endpoint].ms = int(number)
    return Calls(outcomes, latencies)


def _outcome(errcode: int | None) -> str:
    if errcode is None:
        return UNANSWERED
    return str(errcode) if errcode == 0 or errcode in TABLE else UNKNOWN
