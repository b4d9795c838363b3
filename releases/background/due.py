"""What is due is brought to the queue: by any worker, some at a time, and nothing is lost whoever dies over it.

A release that goes on stands in one place (`releases.store.places`). Taking it out of a lane notes it as sent, by one
script; its message is sent next. If that never happens, or the message is lost, it is found by the order of the queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from redis.client import Pipeline

from db.database import Database
from releases.record import Release
from releases.scope import Scope
from releases.states import LOOKED_AT
from releases.store import keys
from releases.store.pauses import Pauses
from releases.store.places import Lane
from releases.store.records import ReleaseStore

#: Messages sent in one look, at the most.
BATCH = 500
#: The queue is fed up to so many messages: more than all workers take in half a second.
FED_UP_TO = 1000
#: What has begun already goes before that, up to so many messages.
BEGUN_UP_TO = 2 * FED_UP_TO
#: Who writes the releases of a file feeds so many itself: what workers take until they look.
FED_AT_ONCE = 100
#: A write, its message and the message's begin are seconds apart at the most.
SLACK_S = 10.0
#: Audits looked at in a second and at once, by all workers together: after a wave thousands are due in the same minutes, and
#: 10,000 are through in half an hour.
LOOKS_PER_S, LOOKS_AT_ONCE = 5.8, 4
#: Messages at the end of a queue among which one of ours is looked for.
_LOOKS = 100


class Due:
    """Brings what is due to the queue. Safe to use from many threads and processes.

    `queues` has the names of the queues: that of the urgent releases, and that of all others.
    """

    def __init__(
        self,
        db: Database,
        *,
        store: ReleaseStore,
        pauses: Pauses,
        send: Callable[[Release], None],
        queues: Mapping[bool, str],
    ) -> None:
        self._db = db
        self._store = store
        self._pauses = pauses
        self._queues = queues
        self._take_due = db.script("releases.store", "shared", "take_due")
        self._find_lost = db.script("releases.store", "shared", "find_lost")
        #: Sends the message of a release whose last write says that it is sent.
        self.send = send

    def bring(self) -> int:
        """Send the messages of what is due, and let go on what no pause holds any more; returns how many were sent.

        A release whose worker died is due when that worker's lease ends, so it is brought back here.
        """
        for scope in Scope:
            self._pauses.let_go(scope)
        return self._take(tuple(Lane), BATCH)

    def feed(self, at_most: int) -> int:
        """Send first messages as far as there is room in the queue; returns how many."""
        return self._take((Lane.URGENT, Lane.NEW), at_most)

    def look_now(self, release_ids: Sequence[str], now: datetime) -> int:
        """Have those that stand in the lane of looks looked at next, at its pace; returns how many were to be later."""
        scores = dict.fromkeys(release_ids, now.timestamp())

        def fill(pipe: Pipeline) -> None:
            pipe.zadd(keys.due(Lane.LOOKS), scores, xx=True, lt=True, ch=True)

        return int(self._db.write(fill)[0]) if scores else 0

    def resend_lost(self) -> list[str]:
        """Send again what was sent, is gone and was never begun; returns the ids."""
        queues = [
            {"queue": self._queues[urgent], "sent": keys.sent(urgent=urgent)} for urgent in (True, False)
        ]
        ask = {
            "limit": BATCH,
            "record": keys.record(""),
            "queues": queues,
            "slack_s": SLACK_S,
            "looks": _LOOKS,
        }
        ids = list(self._find_lost(args=[json.dumps(ask)]))
        self._send_all(ids)
        return ids

    def _take(self, lanes: Sequence[Lane], limit: int) -> int:
        ask = {"limit": limit, "record": keys.record(""), "lanes": [self._lane(lane) for lane in lanes]}
        ids = list(self._take_due(args=[json.dumps(ask)]))
        self._send_all(ids)
        return len(ids)

    def _lane(self, lane: Lane) -> dict[str, Any]:
        urgent = lane is Lane.URGENT
        bounds: dict[Lane, dict[str, Any]] = {
            Lane.BEGUN: {"most": BEGUN_UP_TO},
            Lane.NEW: {"most": FED_UP_TO},
            Lane.LOOKS: {
                "idle": True,
                "urgent": keys.sent(urgent=True),
                "pace": {"key": keys.LOOKS_PACE, "per_s": LOOKS_PER_S, "burst": LOOKS_AT_ONCE},
            },
        }
        return {
            "index": keys.due(lane),
            "sent": keys.sent(urgent=urgent),
            "queue": self._queues[urgent],
            **bounds.get(lane, {}),
        }

    def _send_all(self, ids: Sequence[str]) -> None:
        for stored in self._store.get_many(ids):
            # One that was cancelled or blocked at this moment needs no message.
            if stored is not None and stored.release.status in LOOKED_AT:
                self.send(stored.release)
