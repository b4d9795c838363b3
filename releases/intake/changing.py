"""How a record is changed by who holds no lease of it: read, decide, write, and again where somebody else was faster.

An order for a release is such a change, and all orders end alike: the message is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from releases.errors import ReleaseConflict, UnknownRelease
from releases.record import By, Release
from releases.states import GOING_ON, LOOKED_AT
from releases.store.actions import Action, What
from releases.store.known import Stored
from releases.store.places import Place, sent
from releases.store.records import RecordChanged, ReleaseStore, RoleTaken

#: How often a change is tried again when somebody else changed the same record at the same moment.
TRIES = 50
#: So many messages by name are remembered that have changed a release.
_REMEMBERED = 8
#: So many are changed in one go.
_AT_ONCE = 500


class How(TypedDict, total=False):
    """How an order came.

    `request_id` names the message that brings it: when that is delivered again nothing is done, whatever has happened
    since. `within` is the order for many of which it is a part.
    """

    request_id: str | None
    within: Action | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changing:
    """Changes records. Each order may be repeated: it is the same order. Safe to use from many threads and processes."""

    store: ReleaseStore
    send: Callable[[Release], None]
    now: Callable[[], datetime]

    def follow(
        self,
        order: What,
        release_id: str,
        change: Callable[[Release], Release],
        by: By,
        how: How,
        *,
        detail: str | None = None,
        before_sent: Callable[[Release], object] = lambda _: None,
    ) -> Release:
        """Do what was ordered of a release. If that changes it, `before_sent` is told what it was."""
        before, release = self.change(
            release_id,
            change,
            request_id=how.get("request_id"),
            action=lambda found: how.get("within") or Action.of(order, by, self.now(), found, detail=detail),
        )
        if before is not release:
            before_sent(before)
        if before is release and release.status not in GOING_ON:
            self.store.tell(release_id)
        if before is not release and release.status in LOOKED_AT:
            self.send(release)
        return release

    def change(
        self,
        release_id: str,
        change: Callable[[Release], Release],
        *,
        place: Callable[[Release], Place | None] | None = None,
        request_id: str | None = None,
        action: Callable[[Release], Action] | None = None,
    ) -> tuple[Release, Release]:
        """Write a change to the newest state of a record; returns the states before and after.

        If it goes on it is about to be sent from then on, or stands in its `place`, or where it stood. `action` is the
        order for the release, which is noted if it changes it.
        """
        for _ in range(TRIES):
            stored = self.store.get(release_id)
            if stored is None:
                raise UnknownRelease(release_id)
            found = stored.release
            changed = found if request_id in found.progress.messages else change(found)
            if changed is found:
                if not self.store.confirm(release_id):
                    continue  # it was never confirmed, and is lost
                return found, changed
            if request_id is not None:
                messages = (*found.progress.messages, request_id)[-_REMEMBERED:]
                changed = changed.progressed(messages=messages)
            try:
                where = place(changed) if place is not None else sent(changed, self.now())
                self.store.save(stored, changed, place=where, action=action and action(found))
            except RecordChanged:
                continue
            except RoleTaken:
                self._tell_who_has_the_place(found, changed.role)
                continue
            return found, changed
        raise ReleaseConflict(release_id, "is being changed by many at once; try again")

    def change_all(
        self,
        release_ids: Sequence[str],
        change: Callable[[Release], Release],
        *,
        place: Callable[[Release], Place | None],
        action: Action | None = None,
    ) -> Iterator[list[tuple[Release, Release]]]:
        """The same with many, some at a time: the states before and after of those that are as they should be now.

        What can't be changed so is left as it is, and so is what is gone.
        """
        order = None if action is None else lambda _: action
        for start in range(0, len(release_ids), _AT_ONCE):
            rows = list[tuple[Stored, Release, Place | None]]()
            for stored in self.store.get_many(release_ids[start : start + _AT_ONCE]):
                with suppress(ReleaseConflict):
                    if stored is not None and (after := change(stored.release)) is not stored.release:
                        rows.append((stored, after, place(after)))
            written = {release.id for release in self.store.save_all(rows, action)}
            yield [(stored.release, after) for stored, after, _ in rows if after.id in written]
            for _, after, _ in rows:
                if after.id not in written:  # somebody else was faster
                    with suppress(ReleaseConflict, UnknownRelease):
                        yield [self.change(after.id, change, place=place, action=order)]

    def _tell_who_has_the_place(self, release: Release, role: str) -> None:
        """Raise the conflict with the release that is on its way to the audit, or ahead, if it still is."""
        (known,) = self.store.known_to_all([(release.appid, release.identity)])
        (ahead,) = self.store.ahead_of([release.appid])
        active = known.active.release if known.active is not None else None
        other, way_out = (
            (active, "cancel it first: mprelease cancel {id}")
            if role == "active"
            else (ahead, "see: mprelease show {id}")
        )
        if other is not None:
            raise ReleaseConflict(
                other.id,
                f"{other.appid} has version {other.user_version} of template {other.template_id} {other.status}; "
                + way_out.format(id=other.id),
            )
