"""The lease per Mini Program: a redelivered message and a slow first run never act at the same time.

It is taken for one attempt of one step and never held across a countdown. Its number grows with each
lease, and a record refuses a write under an older number than its newest. A holder that dies frees
it by its expiry, which is longer than a step's total deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis

from db.scripts import load_script
from releases.scope import wave_scope
from releases.store import keys
from releases.store.known import Stored, parse
from releases.store.pauses import Pause

#: What the lease lives longer than the step's total deadline, in seconds: for the record writes around it.
MARGIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Held:
    """The lease is ours; with it came the record and the pauses that concern it, by scope."""

    number: int
    stored: Stored
    pauses: dict[str, Pause]


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else works on this Mini Program, for so many seconds at the most."""

    left_s: float


class Leases:
    """Takes and ends leases. Safe to use from many threads."""

    def __init__(self, client: redis.Redis, *, step_deadline_s: float, scopes: Sequence[str]) -> None:
        self._lifetime_ms = int((step_deadline_s + MARGIN_S) * 1000)
        self._scopes = tuple(scopes)
        self._begin = load_script(client, "releases.store", "begin_attempt")
        self._drop_if_equal = load_script(client, "db", "drop_if_equal")
        self._owed: dict[str, int] = {}

    def begin(self, release_id: str, appid: str) -> Held | Busy | None:
        """Take the lease; None if there is no such release."""
        pauses = [keys.pause(scope) for scope in self._scopes]
        reply: list[Any] = self._begin(
            keys=[keys.lease(appid), keys.record(release_id), keys.LAST_LEASE, *pauses],
            args=[self._lifetime_ms, keys.pause(wave_scope(""))],
        )
        if reply[0] == "missing":
            return None
        if reply[0] == "busy":
            return Busy(int(reply[1]) / 1000)
        stored = parse(reply[3], reply[2])
        found = zip((*self._scopes, wave_scope(stored.release.wave or "")), reply[4:], strict=True)
        return Held(
            number=int(reply[1]),
            stored=stored,
            pauses={scope: Pause.model_validate_json(raw) for scope, raw in found if raw},
        )

    def end(self, appid: str, number: int) -> None:
        """End a lease that no write has ended; harmless when it is gone or another's. Later, if Redis is away."""
        self._owed[appid] = number
        self.settle()

    def settle(self) -> None:
        """End those that could not be ended when it was time: their releases would stand still until they expire."""
        for appid, number in list(self._owed.items()):
            self._drop_if_equal(keys=[keys.lease(appid)], args=[str(number)])
            with suppress(KeyError):
                del self._owed[appid]
