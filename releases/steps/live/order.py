"""What an order to go live or to go back, or a newer release, makes of a release: pure functions, for whoever takes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from releases.record import NOBODY, By, Release
from releases.second_half import Publication
from releases.states import Status, Step

#: The fields of a release that neither stands still nor waits.
NOTHING_WRONG: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("block", "failure", "wait", "next_attempt_at"))
)


def ordered(release: Release, now: datetime, by: By = NOBODY, not_before: datetime | None = None) -> Release:
    """An approved release that is ordered to go live, not before that time."""
    progress = release.progress.fresh(
        orders=release.progress.orders + 1,
        not_before=None if not_before is None else not_before.timestamp(),
        publish_at=None,
        passes=False,
        canary=False,
    )
    return release.changed(
        "ordered to go live",
        now,
        by,
        at=Step.PUBLISH,
        step=Step.PUBLISH,
        status=Status.QUEUED,
        publication=Publication(ordered_at=now, ordered_by=by.actor),
        next_attempt_at=None,
        progress=progress,
    )


def reverting(release: Release, now: datetime, by: By = NOBODY) -> Release:
    """A release whose code is in the shop, and that is ordered to be taken back."""
    return release.changed(
        "ordered to be taken back",
        now,
        by,
        at=Step.REVERT,
        step=Step.REVERT,
        status=Status.QUEUED,
        **NOTHING_WRONG,
        progress=release.progress.fresh(revert_at=None, revert_to=None),
    )


def given_up(release: Release, now: datetime, by: By, reason: str) -> Release:
    """A release that nobody wants any more, or of which nothing more can come."""
    because = f"{reason}: {by.reason}" if by.reason else reason
    changed = release.changed(reason, now, by, status=Status.CANCELLED, **NOTHING_WRONG)
    return changed.progressed(cancelled_because=because)


def superseded(release: Release, newer: Release, now: datetime, by: By = NOBODY) -> Release:
    """A release that a newer one takes the place of: in their wave that one alone counts."""
    after = given_up(release, now, By(actor=by.actor), f"superseded by release {newer.id}")
    return after.progressed(left_wave=release.wave is not None and release.wave == newer.wave)
