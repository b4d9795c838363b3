"""Finds releases whose message is gone and parks them, due at once.

A message can be lost where Celery can do nothing about it: kombu takes it from the queue with one command
and notes it as unacknowledged with another, Redis can lose its last second, somebody can flush the queue.
The record still says that the release is to go on.

A release is forgotten when it is queued, running, or waiting without being parked, held or still to be fed, and no message in
the queue or among the unacknowledged is its own: in two sweeps in a row, with no write to its record in between.
Age alone proves nothing: ten thousand releases may be queued for hours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import redis

from db.scripts import load_script
from releases.record import Release, release_of
from releases.scope import Scope, wave_scope
from releases.states import GOING_ON, Status
from releases.store import keys
from releases.store.records import ReleaseStore

#: A countdown that ran out so many seconds ago has been forgotten by the worker that holds it.
OVERDUE_S = 30.0
#: kombu's hash of messages that were taken and not acknowledged.
UNACKNOWLEDGED = "unacked"
_ACTIVE = "releases:reconciler"
#: What the last sweep missed, with the revisions of the records.
_SUSPECTS = "releases:suspects"


class Reconciler:
    """Sweeps; one of all workers at a time. Used by one thread."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        store: ReleaseStore,
        now: Callable[[], datetime],
        queues: Sequence[str],
        every_s: float,
    ) -> None:
        self._redis = client
        self._store = store
        self._now = now
        self._queues = tuple(queues)
        self.every_s = every_s
        self._message_ids = load_script(client, "releases.store", "message_ids")

    def sweep(self) -> list[str]:
        """Park what has been forgotten, if no other worker does so now; returns the ids."""
        # The key ends by itself a little before the next sweep is due, so that any worker may do that one.
        if not self._redis.set(_ACTIVE, 1, nx=True, px=max(1, int(self.every_s * 900))):
            return []
        missing = self._missing()
        suspects = self._suspects_until_now(missing)
        forgotten = [release_id for release_id, seen in missing.items() if suspects.get(release_id) == seen]
        if forgotten:
            self._redis.zadd(keys.PARKED, dict.fromkeys(forgotten, 0), nx=True)
        return forgotten

    def _suspects_until_now(self, missing: dict[str, str]) -> dict[str, str]:
        """What the sweep before missed, whichever worker's that was; from now on it is what this one does."""
        with self._redis.pipeline() as pipe:
            pipe.hgetall(_SUSPECTS)
            pipe.delete(_SUSPECTS)
            if missing:
                pipe.hset(_SUSPECTS, mapping=cast("Any", missing))
                pipe.pexpire(_SUSPECTS, max(1, int(self.every_s * 3000)))
            before: dict[str, str] = pipe.execute()[0]
        return before

    def _missing(self) -> dict[str, str]:
        """The releases that need a message and have none, with the revisions of their records."""
        # First what needs a message, then the messages: what moves on in between is seen as missing once only.
        going_on = self._ids(*(keys.by_status(status) for status in GOING_ON))
        spared = self._ids(keys.PARKED, keys.UNFED) | self._held()
        queued, taken = (
            {release_of(task_id) for task_id in ids}
            for ids in cast("list[list[str]]", self._message_ids(keys=[UNACKNOWLEDGED, *self._queues]))
        )
        without = going_on - spared - queued
        return {
            stored.release.id: str(stored.revision)
            for stored in self._store.get_many(sorted(without))
            if stored is not None and (stored.release.id not in taken or self._is_overdue(stored.release))
        }

    def _is_overdue(self, release: Release) -> bool:
        """Whether it waits for a countdown that has run out, in a worker that has forgotten it.

        A worker that loses its connection forgets the countdowns that it holds; their messages stay
        unacknowledged until the visibility timeout.
        """
        if release.status is not Status.WAITING or release.next_attempt_at is None:
            return False
        return release.next_attempt_at < self._now() - timedelta(seconds=OVERDUE_S)

    def _ids(self, *indexes: str) -> set[str]:
        with self._redis.pipeline(transaction=False) as pipe:
            for index in indexes:
                pipe.zrange(index, 0, -1)
            return {release_id for found in pipe.execute() for release_id in found}

    def _held(self) -> set[str]:
        waves: Any = self._redis.smembers(keys.WATCHED_WAVES)
        held: Any = self._redis.sunion([keys.held(scope) for scope in (*Scope, *map(wave_scope, waves))])
        return set(held)
