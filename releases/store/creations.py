"""New releases that are to be written with their wave: values for the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from releases.record import Release
from releases.states import Status
from releases.store import keys
from releases.store.known import Known, dump


@dataclass(frozen=True, slots=True)
class Creation:
    """A release to be written: what its Mini Program had when that was decided, and where it waits at first.

    `superseded` is the active one in the state that it is to get. `parked_until` parks the release in case its
    message is never sent, see `ParkingLot.send`; `fed` leaves the message to the feeder; `held` is the scope whose
    pause it waits for.
    """

    release: Release
    known: Known
    superseded: Release | None = None
    parked_until: float | None = None
    fed: bool = False
    held: str | None = None

    def row(self, position: int, left: str = "") -> tuple[list[str], list[Any]]:
        """Its keys and arguments, as `create_releases.lua` takes them; `position` is that among the new ones.

        `left` is the newest release of the superseded one's version that was not cancelled.
        """
        release, known, superseded = self.release, self.known, self.superseded
        old = known.active if superseded else None
        row_keys = [
            keys.mini_program(release.appid),
            keys.record(release.id),
            keys.by_status(release.status),
            keys.by_appid(release.appid),
            keys.by_wave(release.wave or ""),
            keys.wave_counts(release.wave or ""),
            keys.record(superseded.id if superseded else ""),
            keys.by_status(old.release.status if old else Status.QUEUED),
            keys.wave_counts((superseded.wave or "") if superseded else ""),
        ]
        values = [
            release.id,
            dump(release),
            release.identity,
            # A microsecond apart at the least: they are listed in the order of their requests.
            release.created_at.timestamp() + position / 1e6,
            str(release.status),
            release.wave or "",
            known.active.release.id if known.active else "",
            known.same.release.id if known.same else "",
            superseded.id if superseded else "",
            old.revision if old else "",
            dump(superseded) if superseded else "",
            str(old.release.status) if old else "",
            superseded.identity if superseded else "",
            (superseded.wave or "") if superseded else "",
            "" if self.parked_until is None else self.parked_until,
            "1" if self.fed else "",
            keys.held(self.held) if self.held else "",
            old.release.cause if old else "",
            keys.held(old.release.progress.held) if old and old.release.progress.held else "",
            release.waits_for,
            old.release.waits_for if old else "",
            left,
        ]
        return row_keys, values


@dataclass(frozen=True, slots=True)
class Opening:
    """How a wave begins that has a canary or a brake: documents to be written with its releases."""

    wave: str
    policy: str
    pause: str = ""
