"""Where the records live: in Redis, each written atomically with the indexes that list it."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from redis.client import Pipeline

from db.database import Database
from releases.record import Release
from releases.selection import Selection
from releases.states import Status
from releases.store import changes, keys
from releases.store.actions import Action
from releases.store.known import Known, Stored, parse
from releases.store.newest import Position, newest
from releases.store.pauses import Pause, Paused
from releases.store.places import Lane, Place
from releases.store.tally import WaveTally

if TYPE_CHECKING:  # whoever only reads releases creates none, and starts sooner
    from releases.store.creations import Creation, Opening

#: Records fetched at once while listing.
_PAGE = 500
#: Keys looked at in one call, where all have to be.
_SCANNED = 1000
#: A record that changes more often while its result is being stored has others who store it.
_TRIES = 50
#: Said where records are missing.
RECORDS_GONE = (
    "Redis was flushed, or came back without its data: what was accepted before has to be enqueued again"
)


class RecordChanged(Exception):
    """The record was changed by somebody else since it was read."""


class RecordGone(RecordChanged):
    """There is no such record any more: somebody flushed Redis, or it lost what it had."""


class RoleTaken(Exception):
    """Another release of the Mini Program is on its way to the audit."""


class LeaseLost(Exception):
    """The lease ran out and another attempt has begun: this one must not write any more."""


#: What save_release.lua answers where it has written nothing.
_REFUSALS: dict[Any, type[Exception]] = {
    "gone": RecordGone,
    "changed": RecordChanged,
    "fenced": LeaseLost,
    "taken": RoleTaken,
}


class ReleaseStore:
    """Reads and writes records. Safe to use from many threads.

    Every write is confirmed by so many replicas, or raises NotReplicated: then it may have been made, or not.
    """

    def __init__(self, db: Database) -> None:
        self._redis = db.redis
        self._db = db
        self._create = db.script("releases.store", "shared", "create_releases")
        self._save = db.script("releases.store", "shared", "save_release")
        self._touch = db.script("releases.store", "touch_releases")
        self._tell = db.script("releases.store", "shared", "tell_results")

    def get(self, release_id: str) -> Stored | None:
        """One record."""
        return next(self.get_many([release_id]))

    def get_many(self, release_ids: Iterable[str]) -> Iterator[Stored | None]:
        """Records in the order asked for, fetched in one go."""
        with self._redis.pipeline(transaction=False) as pipe:
            for release_id in release_ids:
                pipe.hmget(keys.record(release_id), "document", "revision")
            replies = pipe.execute()
        yield from map(_stored, replies)

    def known_to_all(self, wanted: Sequence[tuple[str, str]]) -> list[Known]:
        """What new requests have to be held against, for each pair of appid and identity; read in pages."""
        found: list[Known] = []
        for start in range(0, len(wanted), _PAGE):
            with self._redis.pipeline(transaction=False) as pipe:
                for appid, identity in wanted[start : start + _PAGE]:
                    pipe.hmget(keys.mini_program(appid), "active", identity)
                ids = [release_id for pair in pipe.execute() for release_id in pair]
            records = dict.fromkeys(release_id for release_id in ids if release_id)
            by_id: dict[str | None, Stored | None] = dict(zip(records, self.get_many(records), strict=True))
            found += [
                Known(by_id.get(active), by_id.get(same))
                for active, same in zip(ids[::2], ids[1::2], strict=True)
            ]
        return found

    def ahead_of(self, appids: Sequence[str]) -> list[Release | None]:
        """Of each Mini Program the release that a newer one must not destroy."""
        with self._redis.pipeline(transaction=False) as pipe:
            for appid in appids:
                pipe.hget(keys.mini_program(appid), "ahead")
            ids = pipe.execute()
        there = [release_id for release_id in ids if release_id]
        found = dict(zip(there, self.get_many(there), strict=True))
        stored = map(found.get, ids)
        return [None if one is None or one.release.role != "ahead" else one.release for one in stored]

    def create_all(
        self, creations: Sequence[Creation], opening: Opening | None = None, action: Action | None = None
    ) -> bool:
        """Write new releases, and with each the cancelled state of the one it supersedes: all or none.

        `opening` begins their wave with them, `action` is the order. False if some Mini Program's releases are no longer as known: look
        again, decide again.
        """
        left = self._left_by([one.superseded for one in creations if one.superseded is not None])
        args = changes.creating(creations, left, opening, action)
        return int(self._db.run(self._create, args=args)) == 0

    def save(
        self,
        before: Stored,
        after: Release,
        *,
        lease: int | None = None,
        end_lease: bool = False,
        place: Place | None = None,
        unless_paused: Sequence[str] = (),
        behind: Stored | None = None,
        action: Action | None = None,
    ) -> Stored:
        """Write a changed record; raises RecordChanged (RecordGone where there is none) or LeaseLost if it is no longer ours to write.

        A release that goes on stands in `place` from then on, or where it stood; one that waits `behind` another one is due
        at once if that has changed. `action` is the order, if somebody gave one. Raises Paused, having written nothing, if the pause of one of these scopes is on.
        """
        left = self._left_by([after] if before.release.status is not Status.CANCELLED else [])
        change = changes.saving(
            before,
            after,
            place=place,
            lease=lease,
            end_lease=end_lease,
            unless_paused=unless_paused,
            behind=behind,
            left=left.get(after.id),
        )
        order = [] if action is None else [json.dumps(action.entry)]
        reply = self._db.run(self._save, args=[change, *order])
        if isinstance(reply, list):
            raise Paused(unless_paused[reply[0] - 1], Pause.model_validate_json(reply[1]))
        if reply in _REFUSALS:
            raise _REFUSALS[reply](after.id)
        return Stored(after, int(reply))

    def save_all(
        self, changes_: Sequence[tuple[Stored, Release, Place | None]], action: Action | None = None
    ) -> list[Release]:
        """Write many that were changed by no step, some at a time; returns those that nobody else has changed meanwhile.

        Of places, of a role that only one release may have, and of the order see `save`.
        """
        order = [] if action is None else [json.dumps(action.entry)]
        written: list[Release] = []
        for start in range(0, len(changes_), _PAGE):
            page = changes_[start : start + _PAGE]
            left = self._left_by([after for _, after, _ in page])
            rows = [
                changes.saving(before, after, place=place, left=left.get(after.id))
                for before, after, place in page
            ]
            replies = self._db.write(partial(self._save_rows, rows, order))
            written += [
                after for (_, after, _), reply in zip(page, replies, strict=True) if str(reply).isdecimal()
            ]
        return written

    def _save_rows(self, rows: Sequence[str], order: Sequence[str], pipe: Pipeline) -> None:
        for row in rows:
            self._save(args=[row, *order], client=pipe)

    def tell(self, *release_ids: str) -> None:
        """Store the results of releases again: they may have expired, and who asks for one again waits for it."""
        for _ in range(_TRIES):
            found = [changes.telling(one) for one in self.get_many(release_ids) if one is not None]
            release_ids = tuple(self._tell(args=found)) if found else ()
            if not release_ids:
                return

    def mark(self) -> str:
        """What tells these records from those that somebody flushed: set by whoever looks first."""
        with self._redis.pipeline() as pipe:
            pipe.set(keys.MARK, uuid.uuid4().hex, nx=True)
            pipe.get(keys.MARK)
            return str(pipe.execute()[1])

    def confirm(self, *release_ids: str) -> bool:
        """Have records confirmed that others have written, maybe in vain; False if one of them is gone.

        A read says nothing of the replicas, so one is written once more, as it stands: whoever has that has all
        that was written before.
        """
        records = [keys.record(release_id) for release_id in release_ids]
        return bool(self._db.run(self._touch, keys=records))

    def find(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> Iterator[Release]:
        """The releases that match all of what is given, oldest first."""
        return (stored.release for stored in self.find_stored(status=status, wave=wave, appid=appid))

    def find_stored(
        self, *, status: Status | None = None, wave: str | None = None, appid: str | None = None
    ) -> Iterator[Stored]:
        """The same with their revisions, to be changed."""
        for stored in self._pages(self._ids(status, wave, appid)):
            release = stored.release
            if status not in (None, release.status) or wave not in (None, release.wave):
                continue
            if appid in (None, release.appid):
                yield stored

    def newest(self, wanted: Selection, number: int, after: Position | None) -> list[Position]:
        """Where the newest stand that may be wanted, newest first."""
        return newest(self._redis, wanted, number, after)

    def ids_with(self, prefix: str) -> list[str]:
        """The ids that begin with these hexadecimal digits; looks at every key."""
        keys_there = self._redis.scan_iter(keys.record(f"{prefix}*"), count=_SCANNED)
        return sorted({str(key).removeprefix(keys.record("")) for key in keys_there})

    def newest_of(self, appid: str) -> str | None:
        """The id of a Mini Program's newest release, if it has one."""
        ids = cast("list[str]", self._redis.zrange(keys.by_appid(appid), -1, -1))
        return ids[0] if ids else None

    def has_wave(self, wave: str) -> bool:
        """Whether a release belongs to it."""
        return bool(self._redis.exists(keys.by_wave(wave)))

    def waves(self) -> dict[str, datetime]:
        """The names of all waves and when each began, newest first; looks at every key."""
        keys_there = self._redis.scan_iter(keys.by_wave("*"), count=_SCANNED)
        names = sorted({str(key).removeprefix(keys.by_wave("")) for key in keys_there})
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.zrange(keys.by_wave(name), 0, 0, withscores=True)
            firsts = pipe.execute()
        began = {name: first[0][1] for name, first in zip(names, firsts, strict=True) if first}
        newest = sorted(began, key=lambda name: (began[name], name), reverse=True)
        return {name: datetime.fromtimestamp(began[name], UTC) for name in newest}

    def extent(self) -> tuple[Any, ...]:
        """How many releases there are, and the newest: another one as soon as one was added."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(keys.ALL)
            pipe.zrange(keys.ALL, -1, -1)
            return tuple(pipe.execute())

    def newest_appids(self, number: int) -> list[str]:
        """The Mini Programs of so many of the newest releases."""
        ids = cast("list[str]", self._redis.zrange(keys.ALL, -number, -1))
        return [stored.release.appid for stored in self.get_many(reversed(ids)) if stored is not None]

    def wave_tally(self, wave: str) -> WaveTally:
        """All that is counted for the wave's first half."""
        return self.tally(keys.wave_counts(wave))

    def tally(self, counts: str) -> WaveTally:
        """All that is counted under this key."""
        return self.tallies([counts])[0]

    def tallies(self, counts: Iterable[str]) -> list[WaveTally]:
        """The same of many keys, read in one go."""
        with self._redis.pipeline(transaction=False) as pipe:
            for key in counts:
                pipe.hgetall(key)
            return list(map(WaveTally.read, pipe.execute()))

    def wave_began(self, wave: str) -> datetime | None:
        """When the wave's first release was created."""
        first: Any = self._redis.zrange(keys.by_wave(wave), 0, 0, withscores=True)
        return datetime.fromtimestamp(first[0][1], UTC) if first else None

    def wave_ends(self, wave: str) -> dict[int, int]:
        """How many of the wave's releases came to rest in each minute since the epoch."""
        raw = cast("dict[str, str]", self._redis.hgetall(keys.wave_ends(wave)))
        return {int(minute): int(number) for minute, number in raw.items() if minute != "last"}

    def wave_ended_at(self, wave: str) -> datetime | None:
        """When the last of the wave's releases came to rest."""
        second = cast("str | None", self._redis.hget(keys.wave_ends(wave), "last"))
        return None if second is None else datetime.fromtimestamp(int(second), UTC)

    def overdue(self, before: datetime, wave: str | None = None) -> list[str]:
        """The releases, of all or of one wave, that were due before that and that nobody has taken since.

        That is a retry whose time has come, or one that is worked on and whose lease has ended. What waits for its first
        turn is not among them: it only waits for others.
        """
        bound, ids = before.timestamp(), list[str]()
        for lane in (Lane.URGENT, Lane.BEGUN):
            found: Any = self._redis.zrangebyscore(keys.due(lane), "-inf", bound)
            if found and wave is not None:
                # The time in the lane, for those that are in both.
                weights = {keys.due(lane): 1.0, keys.by_wave(wave): 0.0}
                scored: Any = self._redis.zinter(weights, aggregate="SUM", withscores=True)
                found = [release_id for release_id, at in scored if at <= bound]
            ids += found
        return ids

    def _left_by(self, changed: Sequence[Release]) -> dict[str, str]:
        """Of those that are cancelled, by id, the newest other release of its version that was not: that is the same again then."""
        cancelled = [one for one in changed if one.status is Status.CANCELLED]
        if not cancelled:
            return {}
        with self._redis.pipeline(transaction=False) as pipe:
            for one in cancelled:
                pipe.zrange(keys.by_appid(one.appid), 0, -1)
            ids = list(dict.fromkeys(found for reply in pipe.execute() for found in reply))
        left: dict[str, str] = {}
        versions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for one in cancelled:
            versions[one.appid, one.identity].append(one.id)
        for stored in self._pages(ids):
            other = stored.release
            if other.status is not Status.CANCELLED:
                same = versions.get((other.appid, other.identity), ())
                left |= {one: other.id for one in same if one != other.id}
        return left

    def _ids(self, status: Status | None, wave: str | None, appid: str | None) -> list[str]:
        """Taken at once: paging through an index that changes meanwhile would skip some."""
        indexes = [
            *([keys.by_appid(appid)] if appid is not None else ()),
            *([keys.by_wave(wave)] if wave is not None else ()),
            *([keys.by_status(status)] if status is not None else ()),
        ]
        if len(indexes) > 1:
            return cast("list[str]", self._redis.zinter(indexes, aggregate="MIN"))
        return cast("list[str]", self._redis.zrange(indexes[0] if indexes else keys.ALL, 0, -1))

    def _pages(self, ids: Sequence[str]) -> Iterator[Stored]:
        for start in range(0, len(ids), _PAGE):
            for stored in self.get_many(ids[start : start + _PAGE]):
                if stored is not None:
                    yield stored


def _stored(reply: Sequence[Any]) -> Stored | None:
    document, revision = reply
    return None if document is None else parse(document, revision)
