"""Step 4: what became of the audit is in the record.

Safe to run twice: it reads. Only where a person or a newer release asked for it, it withdraws the audit first: WeChat
takes that five times a day, so it is asked before, and after a call that was not answered.
"""

from __future__ import annotations

from datetime import UTC, datetime

from releases import remedies
from releases.problems import StepBlocked
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import Intents
from releases.steps.ours import (
    DELAYED,
    IN_REVIEW,
    PASSED,
    REJECTED,
    WITHDRAWN,
    name_of_audit,
)
from releases.steps.outcomes import Reviewed
from wechat.errors import Unanswered
from wechat.mini_program import PATHS, LatestAudit
from wechat.reasons import plain_reason

#: A withdrawal that was sent and does not show is sent once more after so many seconds, by WeChat's clock.
WITHDRAW_AGAIN_S = 60.0
_STATUS = {
    PASSED: ReviewStatus.APPROVED,
    REJECTED: ReviewStatus.REJECTED,
    IN_REVIEW: ReviewStatus.IN_REVIEW,
    WITHDRAWN: ReviewStatus.WITHDRAWN,
    DELAYED: ReviewStatus.DELAYED,
}


def watch_audit(
    mini_program: MiniProgramCalls, release: Release, intents: Intents, now: datetime
) -> Reviewed:
    """Read the audit, and withdraw it where that was asked for; returns what it is and what is new."""
    review, foreign = _read(mini_program, release, now)
    if release.progress.withdraw and review.status in (ReviewStatus.IN_REVIEW, ReviewStatus.DELAYED):
        sent_at = release.progress.withdraw_at
        if sent_at is None or mini_program.now() - sent_at >= WITHDRAW_AGAIN_S:
            intents.intend(withdraw_at=mini_program.now())
            mini_program.withdraw_audit()
            review, foreign = _read(mini_program, release, now)
    return Reviewed(review, _what_is_new(release, review, foreign))


def _read(mini_program: MiniProgramCalls, release: Release, now: datetime) -> tuple[Review, str]:
    """The audit as it is now, and the name of a newer one that somebody else submitted, or nothing."""
    if release.auditid is None:
        raise StepBlocked(errmsg="the record has no audit id", remedy=remedies.BUG())
    latest = mini_program.latest_audit()
    if latest is not None and latest.auditid == release.auditid:
        return _review(release, latest.status, latest.reason, latest.screenshots, latest.submit_time, now), ""
    found = mini_program.audit(release.auditid)
    if found is None:
        raise StepBlocked(
            errmsg=f"WeChat does not know audit {release.auditid} of this Mini Program",
            remedy=remedies.AUDIT_UNKNOWN(appid=release.appid),
        )
    foreign = name_of_audit(latest) if latest is not None and _is_newer(latest, release) else ""
    return _review(release, found.status, found.reason, found.screenshots, 0, now), foreign


def _is_newer(latest: LatestAudit, release: Release) -> bool:
    ours = release.review.submitted_at if release.review is not None else None
    return not latest.submit_time or ours is None or latest.submit_time >= int(ours.timestamp())


def _review(
    release: Release,
    status: int,
    reason: str,
    screenshots: tuple[str, ...],
    submit_time: float,
    now: datetime,
) -> Review:
    if status not in _STATUS:
        raise Unanswered(PATHS["get_latest_auditstatus"], f"the audit has status {status}, which is unknown")
    before = release.review
    known = before.submitted_at if before is not None else None
    at = datetime.fromtimestamp(submit_time, UTC) if submit_time and known is None else known
    return Review(
        status=_STATUS[status],
        reason=plain_reason(reason) or None,
        screenshots=screenshots,
        submitted_at=at,
        checked_at=now,
    )


def _what_is_new(release: Release, review: Review, foreign: str) -> str:
    before = release.review.status if release.review is not None else ReviewStatus.IN_REVIEW
    told = [event.what for event in release.history]
    said = []
    if review.status is not before:
        said.append(f"audit {release.auditid} is {review.status.replace('_', ' ')}")
    if foreign and not any(foreign in what for what in told):
        said.append(f"somebody else has submitted since: {foreign}")
    return "; ".join(said)
