"""What a resume or a cancel makes of a release, at whichever step it is: pure functions, for whoever takes the order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from releases.errors import ReleaseConflict
from releases.record import NOBODY, By, Release
from releases.scope import Scope
from releases.states import GOING_ON, TO_LIVE, Status, Step
from releases.steps.live.order import NOTHING_WRONG, given_up

#: Why a release is cancelled, as far as nobody says more.
_ASKED = "cancelled by request"


def resumed(release: Release, now: datetime, by: By = NOBODY) -> Release:
    """One that was stopped, that waits, or that was rejected, started again; raises ReleaseConflict.

    On its way to the audit it starts with a free `get`, whichever step stopped. What is known of calls already made is kept.
    """
    if release.status in (Status.QUEUED, Status.RUNNING):
        return release
    if release.status is Status.REJECTED:
        return _submitted_once_more(release, now, by)
    if not release.is_moving:
        raise refused(release, "be resumed")
    progress = release.progress
    known: dict[str, Any] = {"passes": progress.passes or progress.held not in ("", *Scope)}
    if release.step in TO_LIVE:
        # A domain that was missing has been registered meanwhile, or is to be added.
        known["mend"] = True
    return release.changed(
        "resumed",
        now,
        by,
        step=Step.ENSURE_DOMAINS if release.is_active else release.step,
        status=Status.QUEUED,
        **NOTHING_WRONG,
        # Nobody waits for the result of a revert.
        progress=progress.fresh(resumed=release.step is not Step.REVERT, **known),
    )


def cancelled(release: Release, now: datetime, by: By = NOBODY) -> Release:
    """One that is given up, or whose publication or revert is; raises ReleaseConflict where that has been sent."""
    if release.status is Status.CANCELLED:
        return release
    if release.is_active or release.status in (Status.SUBMITTED, Status.APPROVED, Status.REJECTED):
        return given_up(release, now, by, _ASKED)
    if release.is_moving and release.step is Step.PUBLISH and release.progress.publish_at is None:
        return _approved_again(release, now, by)
    if _is_nowhere(release):
        return given_up(release, now, by, f"{_ASKED}; it was sent to be published, and was not seen live")
    if release.is_moving and release.step is Step.REVERT and release.progress.revert_at is None:
        return _live_again(release, now, by)
    raise refused(release, "be cancelled")


def refused(release: Release, what: str) -> ReleaseConflict:
    """Why an order can't be followed: what the release is, and the next command to type."""
    return ReleaseConflict(release.id, f"is {_is(release)} and can't {what}{_way_out(release)}")


def _submitted_once_more(release: Release, now: datetime, by: By) -> Release:
    """The audit that has ended is not the one that comes: it is known, so that it is not taken for that."""
    return release.changed(
        "resumed: it is submitted once more",
        now,
        by,
        step=Step.ENSURE_DOMAINS,
        status=Status.QUEUED,
        **NOTHING_WRONG,
        auditid=None,
        review=None,
        progress=release.progress.fresh(
            resumed=True, ended_audit=release.auditid, withdraw="", withdraw_at=None
        ),
    )


def _is_nowhere(release: Release) -> bool:
    """Whether its publication was stopped without its version having been seen live: else it is taken back, not given up."""
    is_seen = release.publication is not None and release.publication.missing_domains is not None
    return release.status in (Status.BLOCKED, Status.FAILED) and release.step in TO_LIVE and not is_seen


def _approved_again(release: Release, now: datetime, by: By) -> Release:
    return release.changed(
        "its publication was cancelled",
        now,
        by,
        step=Step.SUBMIT_AUDIT,
        status=Status.APPROVED,
        publication=None,
        **NOTHING_WRONG,
        progress=release.progress.kept(),
    )


def _live_again(release: Release, now: datetime, by: By) -> Release:
    """Live as it was; one that nobody has seen to be well is looked at again."""
    is_seen = release.publication is None or release.publication.verified_at is not None
    return release.changed(
        "its revert was cancelled",
        now,
        by,
        step=Step.VERIFY_LIVE,
        status=Status.LIVE if is_seen else Status.QUEUED,
        **NOTHING_WRONG,
        progress=release.progress.kept(*([] if is_seen else ["publish_at"])),
    )


def _is(release: Release) -> str:
    if not release.is_moving or release.is_active:
        return str(release.status)
    doing = {Step.PUBLISH: "being published", Step.VERIFY_LIVE: "being verified live"}.get(
        release.step, "being taken back"
    )
    return doing if release.status in GOING_ON else f"{release.status} at {release.step}"


def _way_out(release: Release) -> str:
    """What to type next, as far as there is something."""
    resume, revert = f"mprelease resume {release.id}", f"mprelease revert {release.id}"
    if not release.is_moving:
        return {
            Status.SUBMITTED: f"; its audit goes on. To end that: mprelease withdraw {release.id}",
            Status.APPROVED: f"; mprelease publish {release.id}",
            Status.REJECTED: f"; to submit it once more: {resume}",
            Status.LIVE: f"; to take it back: {revert}",
        }.get(release.status, "; enqueue it anew")
    progress = release.progress
    is_sent = (progress.revert_at if release.step is Step.REVERT else progress.publish_at) is not None
    if release.status in GOING_ON:
        waits = is_sent and release.step in TO_LIVE
        return f"; when it has been verified: {revert}" if waits else f"; see: mprelease show {release.id}"
    if is_sent and not _is_nowhere(release):
        return f"; {resume}" if release.step is Step.REVERT else f"; {revert}, or: {resume}"
    return f"; {resume}, or: mprelease cancel {release.id}"
