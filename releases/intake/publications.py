"""What people and programs order of a release whose audit goes on or is over: to go live, to be taken back, to be withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Unpack

from releases.errors import ReleaseConflict
from releases.intake.changing import Changing, How
from releases.intake.course import refused, resumed
from releases.record import NOBODY, By, Release
from releases.second_half import ReviewStatus
from releases.states import GOING_ON, TO_LIVE, Status, Step
from releases.steps.live.order import ordered, reverting
from releases.steps.look import ASKED
from releases.store.actions import What


@dataclass(frozen=True, slots=True, kw_only=True)
class Publications(Changing):
    """Takes the orders. Safe to use from many threads and processes."""

    def order(
        self, release_id: str, by: By = NOBODY, *, not_before: datetime | None = None, **how: Unpack[How]
    ) -> Release:
        """Have an approved release go live, not before that time; raises ReleaseConflict."""

        def change(found: Release) -> Release:
            return self._ordered(found, by, not_before)

        said = in_words(not_before)
        return self.follow(What.PUBLISH, release_id, change, by, how, detail=said)

    def revert(self, release_id: str, by: By = NOBODY, **how: Unpack[How]) -> Release:
        """Have the code that is in the shop taken back by one version; raises ReleaseConflict."""
        return self.follow(What.REVERT, release_id, lambda found: self._reverting(found, by), by, how)

    def withdraw(self, release_id: str, by: By = NOBODY, **how: Unpack[How]) -> Release:
        """Have the audit withdrawn, which WeChat takes five times a day; raises ReleaseConflict."""
        return self.follow(What.WITHDRAW, release_id, lambda found: self._withdrawing(found, by), by, how)

    def would(self, order: Literal["publish", "revert", "withdraw"], release: Release) -> bool:
        """Whether the order would change a release as it stands; raises ReleaseConflict where it can't be followed."""
        changed = {
            "publish": lambda: self._ordered(release, NOBODY, None),
            "revert": lambda: self._reverting(release, NOBODY),
            "withdraw": lambda: self._withdrawing(release, NOBODY),
        }[order]()
        return changed is not release

    def _ordered(self, release: Release, by: By, not_before: datetime | None) -> Release:
        if release.status is Status.APPROVED:
            return ordered(release, self.now(), by, not_before)
        is_on_its_way = release.is_moving and release.step in TO_LIVE
        if not is_on_its_way and not (release.status is Status.LIVE and release.publication):
            raise refused(release, "be published")
        at = None if not_before is None else not_before.timestamp()
        if is_on_its_way and at not in (None, release.progress.not_before):
            raise ReleaseConflict(
                release.id,
                "is ordered to go live already, at another time. To order it anew: "
                f"mprelease cancel {release.id}, then mprelease publish {release.id}",
            )
        return release

    def _reverting(self, release: Release, by: By) -> Release:
        at_revert = release.step is Step.REVERT
        if release.status is Status.REVERTED or (at_revert and release.status in GOING_ON):
            return release
        is_stopped = release.status in (Status.BLOCKED, Status.FAILED)
        if at_revert and is_stopped:
            # What was sent to WeChat may have been done: it is known, so that it is not sent again unread.
            return resumed(release, self.now(), by)
        if release.status is Status.LIVE or (is_stopped and release.step is Step.VERIFY_LIVE):
            return reverting(release, self.now(), by)
        raise refused(release, "be taken back")

    def _withdrawing(self, release: Release, by: By) -> Release:
        is_withdrawn = release.review is not None and release.review.status is ReviewStatus.WITHDRAWN
        if release.status is Status.REJECTED and is_withdrawn:
            return release
        if release.status is not Status.SUBMITTED:
            raise refused(release, "be withdrawn")
        if release.progress.withdraw:
            return release
        asked = release.changed("ordered to be withdrawn", self.now(), by, at=Step.WATCH_AUDIT)
        return asked.progressed(withdraw=ASKED)


def in_words(not_before: datetime | None, canary: int = 0, max_blocked: float | None = None) -> str | None:
    """What else an order to publish says."""
    said = [
        *([f"canary {canary}"] if canary else []),
        *([f"at most {max_blocked:g} % blocked or failed"] if max_blocked is not None else []),
        *([f"not before {not_before.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"] if not_before else []),
    ]
    return ", ".join(said) or None
