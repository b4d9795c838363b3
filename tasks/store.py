"""Where the records live: in Redis, each written atomically with the indexes that list it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import redis

from tasks import keys
from tasks.names import Status
from tasks.record import Release, counts
from tasks.scope import Scope
from wechat.scripts import load_script

#: Records fetched at once while listing.
_PAGE = 500


class RecordChanged(Exception):
    """The record was changed by somebody else since it was read."""


class LeaseLost(Exception):
    """The lease ran out and another attempt has begun: this one must not write any more."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read, with the revision that a write has to name."""

    release: Release
    revision: int


@dataclass(frozen=True, slots=True)
class Known:
    """What a Mini Program has: its active release, and the newest one of the identity asked for."""

    active: Stored | None
    same: Stored | None


@dataclass(frozen=True, slots=True)
class Parking:
    """Where a saved release waits: until a time (seconds since the epoch) or for the end of a pause."""

    until: float | None = None
    held: str | None = None


NOT_PARKED = Parking()


class ReleaseStore:
    """Reads and writes records. Takes a client that decodes responses. Safe to use from many threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._create = load_script(client, "tasks", "create_release")
        self._save = load_script(client, "tasks", "save_release")

    def get(self, release_id: str) -> Stored | None:
        """One record."""
        return next(self.get_many([release_id]))

    def get_many(self, release_ids: Iterable[str]) -> Iterator[Stored | None]:
        """Records in the order asked for, fetched in one go."""
        with self._redis.pipeline(transaction=False) as pipe:
            for release_id in release_ids:
                pipe.hmget(keys.record(release_id), "document", "revision")
            replies = pipe.execute()
        for document, revision in replies:
            yield None if document is None else parse(document, revision)

    def known(self, appid: str, identity: str) -> Known:
        """What a new request for this Mini Program has to be held against."""
        ids = cast("list[str | None]", self._redis.hmget(keys.mini_program(appid), "active", identity))
        active, same = self.get_many(release_id or "" for release_id in ids)
        return Known(active=active, same=same)

    def create(
        self,
        release: Release,
        known: Known,
        superseded: Release | None = None,
        *,
        parked_until: float | None = None,
    ) -> bool:
        """Write a new release, and with it the cancelled state of the one it supersedes.

        `parked_until` parks it, in case its message is never sent: see `ParkingLot.send`.
        False if the Mini Program's releases are no longer as `known` says: look again, decide again.
        """
        old = known.active
        wave, old_wave = release.wave or "", (superseded.wave or "") if superseded else ""
        return bool(
            self._create(
                keys=[
                    keys.mini_program(release.appid),
                    keys.record(release.id),
                    keys.ALL,
                    keys.by_status(release.status),
                    keys.by_appid(release.appid),
                    keys.by_wave(wave),
                    keys.wave_counts(wave),
                    keys.record(superseded.id if superseded else ""),
                    keys.by_status(old.release.status if old else Status.QUEUED),
                    keys.by_status(Status.CANCELLED),
                    keys.wave_counts(old_wave),
                    keys.PARKED,
                    keys.STOPPED,
                ],
                args=[
                    release.id,
                    dump(release),
                    release.identity,
                    round(release.created_at.timestamp() * 1000),
                    str(release.status),
                    wave,
                    old.release.id if old else "",
                    known.same.release.id if known.same else "",
                    superseded.id if superseded else "",
                    old.revision if old else "",
                    dump(superseded) if superseded else "",
                    str(old.release.status) if old else "",
                    superseded.identity if superseded else "",
                    old_wave,
                    "" if parked_until is None else parked_until,
                    old.release.cause if old else "",
                ],
            )
        )

    def save(
        self,
        before: Stored,
        after: Release,
        *,
        lease: int | None = None,
        end_lease: bool = False,
        parking: Parking = NOT_PARKED,
    ) -> Stored:
        """Write a changed record; raises RecordChanged or LeaseLost if it is no longer ours to write."""
        wave = after.wave or ""
        reply = self._save(
            keys=[
                keys.record(after.id),
                keys.mini_program(after.appid),
                keys.lease(after.appid),
                keys.by_status(before.release.status),
                keys.by_status(after.status),
                keys.PARKED,
                keys.wave_counts(wave),
                keys.STOPPED,
                *(keys.held(scope) for scope in Scope),
            ],
            args=[
                after.id,
                before.revision,
                "" if lease is None else lease,
                dump(after),
                str(before.release.status),
                str(after.status),
                wave,
                "" if parking.until is None else parking.until,
                keys.held(parking.held) if parking.held else "",
                "1" if end_lease else "",
                after.identity,
                _AFTERWARDS.get(after.status, "active"),
                before.release.cause,
                after.cause,
            ],
        )
        if reply == "fenced":
            raise LeaseLost
        if reply == "changed":
            raise RecordChanged
        return Stored(after, int(reply))

    def find(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> Iterator[Release]:
        """The releases that match all of what is given, oldest first."""
        for stored in self._pages(self._narrowest(status, wave, appid)):
            release = stored.release
            if status not in (None, release.status) or wave not in (None, release.wave):
                continue
            if appid in (None, release.appid):
                yield release

    def wave_counts(self, wave: str) -> dict[str, int]:
        """How many releases of the wave are in each status."""
        raw = cast("dict[str, str]", self._redis.hgetall(keys.wave_counts(wave)))
        return counts({status: int(number) for status, number in raw.items()})

    def _narrowest(self, status: Status | None, wave: str | None, appid: str | None) -> str:
        if appid is not None:
            return keys.by_appid(appid)
        if wave is not None:
            return keys.by_wave(wave)
        return keys.ALL if status is None else keys.by_status(status)

    def _pages(self, index: str) -> Iterator[Stored]:
        # The ids are taken at once: paging through an index that changes meanwhile would skip some.
        ids = cast("list[str]", self._redis.zrange(index, 0, -1))
        for start in range(0, len(ids), _PAGE):
            for stored in self.get_many(ids[start : start + _PAGE]):
                if stored is not None:
                    yield stored


_AFTERWARDS = {Status.SUBMITTED: "free", Status.CANCELLED: "forget"}


def parse(document: str, revision: Any) -> Stored:
    """Read a record as Redis holds it."""
    return Stored(Release.model_validate_json(document), int(revision))


def dump(release: Release) -> str:
    """Write a record as Redis holds it."""
    return release.model_dump_json()
