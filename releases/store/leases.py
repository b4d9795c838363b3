"""The lease per Mini Program: a redelivered message and a slow first run never act at the same time.

It is taken for one attempt and never held while a release waits. Its number grows with each
lease, and a record refuses a write under an older number than its newest. A holder that dies frees
it by its expiry, which is longer than a step's total deadline.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from db.database import Database
from releases.scope import Scope, scopes_of_wave
from releases.store import keys
from releases.store.known import Stored, parse
from releases.store.pauses import Pause
from releases.store.places import AT_ONCE, Place

#: What the lease lives longer than the step's total deadline, in seconds: for the record writes around it.
MARGIN_S = 20.0
#: While another release of the Mini Program is worked on, somebody looks again after so many seconds.
BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class Held:
    """The lease is ours; with it came the record, where it stood, and the pauses that concern it, by scope.

    And the id of the release ahead of it, if there is one, and when WeChat pushed last about its audit.
    """

    number: int
    stored: Stored
    pauses: dict[str, Pause]
    stood: Place | None
    ahead: str | None = None
    pushed_at: float | None = None


class Busy:
    """Somebody else works on this Mini Program; the release comes back if it has to."""


class Leases:
    """Takes and ends leases. Safe to use from many threads."""

    def __init__(self, db: Database, *, step_deadline_s: float) -> None:
        self._lifetime_s = step_deadline_s + MARGIN_S
        self._begin = db.script("releases.store", "shared", "begin_attempt")
        self._end = db.script("releases.store", "shared", "end_lease")
        self._owed: dict[str, tuple[str, int, Place | None]] = {}

    def begin(self, release_id: str, appid: str) -> Held | Busy | None:
        """Take the lease; None if there is no such release."""
        ask = {
            "id": release_id,
            "record": keys.record(release_id),
            "mini_program": keys.mini_program(appid),
            "lease": keys.lease(appid),
            "last_lease": keys.LAST_LEASE,
            "lifetime_s": self._lifetime_s,
            "pauses": [keys.pause(scope) for scope in Scope],
            "wave_pauses": [keys.pause(scope) for scope in scopes_of_wave("")],
            "lanes": AT_ONCE,
            "sent": {"urgent": keys.sent(urgent=True), "default": keys.sent(urgent=False)},
            "busy_s": BUSY_S,
        }
        reply: list[Any] = self._begin(args=[json.dumps(ask)])
        if reply[0] == "missing":
            return None
        if reply[0] == "busy":
            return Busy()
        stored = parse(reply[3], reply[2])
        wave = stored.release.wave or ""
        found = zip((*Scope, *scopes_of_wave(wave)), reply[8:], strict=True)
        return Held(
            number=int(reply[1]),
            stored=stored,
            pauses={scope: Pause.model_validate_json(raw) for scope, raw in found if raw},
            stood=Place(reply[4], float(reply[5])) if reply[4] else None,
            ahead=reply[6] if reply[6] and reply[6] != release_id else None,
            pushed_at=float(reply[7]) if reply[7] else None,
        )

    def end(self, release_id: str, appid: str, number: int, *, back: Place | None = None) -> None:
        """End a lease that no write has ended; harmless when it is gone or another's. Later, if Redis is away.

        The release is due at once, or stands `back` where it stood.
        """
        self._owed[appid] = release_id, number, back
        self.settle()

    def settle(self) -> None:
        """End those that could not be ended when it was time: their releases would stand still until they expire."""
        for appid, (release_id, number, back) in list(self._owed.items()):
            ask = {
                "id": release_id,
                "record": keys.record(release_id),
                "lease": keys.lease(appid),
                "number": str(number),
                "lanes": AT_ONCE,
                **({"back": {"index": back.index, "at": f"{back.at:.3f}"}} if back else {}),
            }
            self._end(args=[json.dumps(ask)])
            with suppress(KeyError):
                del self._owed[appid]
