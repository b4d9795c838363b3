"""The layout of the keys has a number, which Redis holds: an older one is migrated once, a newer one is left alone.

1: parking lot, feeder's index and held sets, and no number; 2: each release that goes on stands in one place; 3: what is
submitted stands in one as well, and a Mini Program says which of its releases is ahead.

A migration runs in short steps under a lock, and only while no worker of an older version answers: such a worker would
look for releases where they stand no more. Whoever dies in the middle leaves steps that are done and steps that
are not, and the number as it was, so the next one does the rest.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from db.database import Database
from releases.scope import Scope, wave_scope
from releases.second_half import Review, ReviewStatus
from releases.states import GOING_ON, Status
from releases.store import changes, keys
from releases.store.known import Stored
from releases.store.places import Lane, looked_at
from releases.store.records import ReleaseStore

#: The layout that this version reads and writes.
NEWEST = 3
#: Releases that are moved at once: Redis does nothing else meanwhile, for five to thirty milliseconds.
PAGE = 200
#: A lock lives so long after the last step, in seconds.
LOCK_S = 30.0
#: Whoever finds that somebody else migrates waits so many seconds.
PATIENCE_S = 120.0
_LOOK_AGAIN_S = 0.2
#: Audits that nobody has followed so far are looked at for the first time within so many seconds.
SPREAD_S = 86_400.0
_SCANNED = 1000

#: Keys of layout 1.
_PARKED, _UNFED, _HELD = "releases:parked", "releases:unfed", "releases:held:"
_RECONCILER = ("releases:reconciler", "releases:suspects")


def in_words(moved: int) -> str:
    """What a migration has done."""
    were = (
        "1 release that goes on or is under audit was"
        if moved == 1
        else f"{moved} releases that go on or are under audit were"
    )
    return f"Redis has schema {NEWEST} now: {were} moved"


class SchemaError(Exception):
    """The keys in Redis are not laid out as this version needs it; the text is what a person is told."""


class OldWorkers(SchemaError):
    """Workers of an older version answer."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"workers of an older version still answer: {', '.join(names)}. Nothing was changed. Stop all workers of "
            f"the older version (`docker compose stop worker`, or SIGTERM to each), then start again: Redis is brought to "
            f"schema {NEWEST} first"
        )


class NewerSchema(SchemaError):
    """A newer version is at work on this Redis."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"a newer version is at work on this Redis: it has schema {found}, and this version knows {NEWEST}. "
            "Nothing was changed. Install the version of the other processes, then start again"
        )


class BeingMigrated(SchemaError):
    """Somebody else has been migrating for too long."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(
            f"another process is bringing Redis to schema {NEWEST}, and was not done after {waited_s:.0f} s. "
            "Start again when it is: it is safe to repeat"
        )


class LockLost(Exception):
    """The migration took so long that somebody else may do it now."""


def _followed(stored: Stored, seconds: int) -> str:
    """It is under audit as far as anybody knows, and looked at within a day."""
    release = stored.release
    review = release.review or Review(status=ReviewStatus.IN_REVIEW, submitted_at=release.updated_at)
    at = datetime.fromtimestamp(seconds + random.uniform(0, SPREAD_S), UTC)  # noqa: S311 - spread, not secrecy
    return changes.migrating(stored, release.model_copy(update={"review": review}), looked_at(at))


def _replaced(stored: Stored, seconds: int) -> str:
    now = datetime.fromtimestamp(seconds, UTC)
    what = "replaced: a newer release of the Mini Program was submitted"
    return changes.migrating(stored, stored.release.changed(what, now, status=Status.REPLACED))


class Schema:
    """Looks at the number, and migrates. Safe to use from many threads and processes.

    `old_workers` asks for the names of the workers that answer and are of an older schema than ours.
    """

    def __init__(
        self,
        db: Database,
        *,
        old_workers: Callable[[], Sequence[str]],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._redis = db.redis
        self._old_workers = old_workers
        self._patience_s = patience_s
        self._place = db.script("releases.store", "shared", "migrate_1_to_2")
        self._set = db.script("releases.store", "set_schema")
        self._follow = db.script("releases.store", "shared", "migrate_2_to_3")
        self._store = ReleaseStore(db)
        self._unlock = db.script("db", "drop_if_equal")
        #: Whether it was ours when it was checked last.
        self.is_current = False

    def found(self) -> int:
        """The number that Redis holds; 1 where it has none, which may be a new database as well."""
        raw = self._redis.get(keys.SCHEMA)
        return 1 if raw is None else int(str(raw))

    def check(self) -> int:
        """Raise SchemaError unless the layout is ours, or can be made so now; returns how many releases were moved.

        Migrates, or waits for whoever does so now.
        """
        moved, give_up_at = 0, time.monotonic() + self._patience_s
        while (found := self.found()) != NEWEST:
            if found > NEWEST:
                raise NewerSchema(found)
            token = uuid.uuid4().hex
            if self._redis.set(keys.SCHEMA_LOCK, token, nx=True, px=round(LOCK_S * 1000)):
                try:
                    moved = self._migrate(token)
                except LockLost:
                    continue
                finally:
                    self._unlock(keys=[keys.SCHEMA_LOCK], args=[token])
            elif time.monotonic() > give_up_at:
                raise BeingMigrated(self._patience_s)
            else:
                time.sleep(_LOOK_AGAIN_S)
        self.is_current = True
        return moved

    def _migrate(self, token: str) -> int:
        """Migrate under the lock, unless somebody has done so before it was ours."""
        found = self.found()
        if found >= NEWEST:
            return 0
        old = self._old_workers()
        if old:
            raise OldWorkers(sorted(old))
        placed = self._give_places(token) if found == 1 else 0
        return placed + self._follow_audits(token)

    def _give_places(self, token: str) -> int:
        """From 1 to 2; returns how many were moved."""
        moved = sum(self._go_through(keys.by_status(status), token, goes_on=True) for status in GOING_ON)
        moved += self._go_through(keys.ALL, token, goes_on=False)
        held = [*self._redis.scan_iter(f"{_HELD}*", count=_SCANNED)]
        dropped = [_PARKED, _UNFED, *_RECONCILER, *held]
        self._note(2, token, *dropped)
        return moved

    def _follow_audits(self, token: str) -> int:
        """From 2 to 3: each Mini Program's newest submitted release is looked at within a day, its older ones are replaced.

        Returns how many are looked at.
        """
        lock = {"lock": keys.SCHEMA_LOCK, "token": token, "lock_ms": round(LOCK_S * 1000)}
        seconds, _ = self._redis.time()
        submitted = cast("list[str]", self._redis.zrange(keys.by_status(Status.SUBMITTED), 0, -1))
        newest_first = submitted[::-1]
        newest: set[str] = set()
        for start in range(0, len(newest_first), PAGE):
            rows = []
            for stored in filter(None, self._store.get_many(newest_first[start : start + PAGE])):
                is_newest = stored.release.appid not in newest
                newest.add(stored.release.appid)
                rows.append(_followed(stored, seconds) if is_newest else _replaced(stored, seconds))
            if not self._follow(args=[json.dumps(lock), *rows]):
                raise LockLost
        self._note(3, token)
        return len(newest)

    def _note(self, number: int, token: str, *dropped: str) -> None:
        """There is another layout now, in which these keys mean nothing."""
        if not self._set(keys=[keys.SCHEMA_LOCK, keys.SCHEMA, *dropped], args=[token, number]):
            raise LockLost

    def _go_through(self, index: str, token: str, *, goes_on: bool) -> int:
        """Give all releases of an index what they lack; returns how many got a place."""
        ask = {
            "lock": keys.SCHEMA_LOCK,
            "token": token,
            "lock_ms": round(LOCK_S * 1000),
            "index": index,
            "number": PAGE,
            "record": keys.record(""),
            "all": keys.ALL,
            "goes_on": goes_on,
            "parked": _PARKED,
            "unfed": _UNFED,
            "held_before": _HELD,
            "held": keys.held(""),
            "scopes": list(Scope),
            "wave_scope": wave_scope(""),
            "lanes": {lane: keys.due(lane) for lane in (Lane.URGENT, Lane.BEGUN, Lane.NEW)},
            "sent": {"urgent": keys.sent(urgent=True), "default": keys.sent(urgent=False)},
        }
        placed, start, seen = 0, 0, PAGE
        while seen == PAGE:
            reply = cast("list[Any]", self._place(args=[json.dumps({**ask, "start": start})]))
            if reply[0] < 0:
                raise LockLost
            seen, start, placed = reply[0], start + PAGE, placed + reply[1]
        return placed
