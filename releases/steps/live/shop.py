"""Which release of a Mini Program is in the shop, in our records: one at a time. Called under the Mini Program's lease.

A record is written before that of the release that is worked on, so whoever repeats it finds nothing to do. If somebody
else has just changed it, RecordChanged ends the attempt, and the next one looks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from releases.record import Release
from releases.states import Status, Step
from releases.steps.live.order import NOTHING_WRONG
from releases.steps.ours import is_described_as_ours, is_same_version
from releases.store.records import ReleaseStore
from wechat.mini_program import LiveVersion

#: What the history says of one that is in the shop without a `verify_live` of this time.
UNCHECKED = "its domains were not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Writes the records of the other releases of a Mini Program. Safe to use from many threads."""

    store: ReleaseStore
    now: Callable[[], datetime]

    def taken_by(self, release: Release) -> None:
        """This release is in the shop: whichever was before, or was to be taken back, is replaced."""
        for other in self._others(release):
            is_taken_back = other.is_moving and other.step is Step.REVERT
            if is_taken_back or other.status is Status.LIVE:
                self._save(other, f"replaced by release {release.id}", Status.REPLACED)

    def given_back(self, release: Release, live: LiveVersion | None) -> None:
        """This one was taken back: of those that were replaced, the newest of the version that is live now is live again."""
        if live is None:
            return
        # One that nobody has replaced, as this one was never verified: it takes its place in the shop back from this one.
        self.taken_by(release)
        same = [
            other
            for other in self._others(release)
            if other.status is Status.REPLACED and is_same_version(live.version, other.user_version)
        ]
        if same:
            back = max(same, key=lambda other: (is_described_as_ours(live, other), other.created_at))
            self._save(back, f"live again: release {release.id} was taken back, and {UNCHECKED}", Status.LIVE)

    def _others(self, release: Release) -> list[Release]:
        return [other for other in self.store.find(appid=release.appid) if other.id != release.id]

    def _save(self, other: Release, what: str, status: Status) -> None:
        stored = self.store.get(other.id)
        if stored is None or stored.release.status is not other.status:
            return
        self.store.save(stored, stored.release.changed(what, self.now(), status=status, **NOTHING_WRONG))
