"""Long waits stand in Redis, not in a worker's memory: releases parked until they are due.

Parking itself is part of a record's write (see the store); here they are brought back. Any number of
workers may do so at once: each release is claimed by one of them, and a claim whose worker died before
it sent the message runs out and is claimed again.

The releases of a file wait in the same way for their first message: they are fed to the queue as it empties, so
that ten thousand of them neither stand in front of everybody else nor fill Redis with messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import redis

from db.scripts import load_script
from releases.record import Release
from releases.scope import Scope
from releases.states import GOING_ON
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore

#: A wait over so many seconds is parked; a shorter one rides on a Celery countdown.
LONGEST_COUNTDOWN_S = 30.0
#: Brought back at once, at the most.
BATCH = 500
#: The queue is fed up to so many messages: more than all workers take in half a second.
FED_UP_TO = 1000
#: Who writes the releases of a file feeds so many himself: what workers take until they look.
FED_AT_ONCE = 100
#: A claim lasts so many seconds; sending a batch takes one or two.
CLAIM_S = 60


def claimed_until(now: datetime) -> float:
    """Until when a release is parked whose message is about to be sent, in seconds since the epoch."""
    return round(now.timestamp() + CLAIM_S, 3)


class ParkingLot:
    """Brings parked releases back when they are due."""

    def __init__(
        self,
        *,
        client: redis.Redis,
        releases: ReleaseStore,
        pauses: Pauses,
        send: Callable[[Release], None],
        queue: str,
    ) -> None:
        self._redis = client
        self._queue = queue
        self._releases = releases
        self._pauses = pauses
        self._send = send
        self._claim_due = load_script(client, "releases.store", "claim_due")
        self._settle_claim = load_script(client, "releases.store", "settle_claim")

    def send(self, release: Release, parked_until: float) -> None:
        """Send the message of a release that was parked with its last write, and take it out again.

        Whoever dies between the write and the message leaves it parked, and it is brought back.
        """
        self._send(release)
        self._settle_claim(keys=[keys.PARKED], args=[parked_until, release.id])

    def bring_back(self) -> int:
        """Send the messages of those that are due, a batch of them; returns how many."""
        for scope in Scope:
            self._pauses.move_held(scope, keys.PARKED)
        return self._bring(keys.PARKED, BATCH)

    def feed(self, at_most: int = BATCH) -> int:
        """Send first messages as far as there is room in the queue; returns how many."""
        if not self._redis.exists(keys.UNFED):
            return 0
        room = FED_UP_TO - int(self._redis.llen(self._queue))
        return self._bring(keys.UNFED, min(room, at_most)) if room > 0 else 0

    def _bring(self, index: str, limit: int) -> int:
        claim, *ids = self._claim_due(keys=[index], args=[limit, CLAIM_S])
        if ids:
            self._send_all(ids)
            self._settle_claim(keys=[index], args=[claim, *ids])
        return len(ids)

    def _send_all(self, ids: Sequence[str]) -> None:
        for stored in self._releases.get_many(ids):
            # One that was cancelled or blocked meanwhile needs no message.
            if stored is not None and stored.release.status in GOING_ON:
                self._send(stored.release)
