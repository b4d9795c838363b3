"""Step 3: the committed code is under audit.

Safe to run twice: once a submission has been intended, WeChat is asked for the latest audit before it is
sent again. A second audit would cost the merchant days and the platform its quota.
"""

from __future__ import annotations

from enum import Enum, auto

from releases.problems import StepBlocked, remedy_of
from releases.record import Release
from releases.steps.commit_code import CLOCK_SLACK_S
from releases.steps.intents import Intents
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, Unanswered
from wechat.mini_program import LatestAudit, MiniProgram

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)


class Judgement(Enum):
    """What the latest audit is to a release."""

    OURS = auto()  # adopt it
    ENDED = auto()  # it was this release's, and has been rejected or withdrawn
    OTHER = auto()  # it has nothing to do with this release


def submit_audit(mini_program: MiniProgram, release: Release, intents: Intents) -> tuple[int, str]:
    """Submit, unless an earlier attempt's audit is there; returns the audit id and what happened."""
    if release.progress.submit_at is not None:
        latest = mini_program.latest_audit()
        judgement = judge(latest, release, release.progress.submit_at)
        if judgement is Judgement.OURS and latest is not None:
            return latest.auditid, f"audit {latest.auditid} found at WeChat"
        if judgement is Judgement.ENDED and latest is not None:
            intents.forget_submission()
            raise _ended(latest)
    if release.progress.scans:
        _ask_for_scan(mini_program)
    mini_program.take_turn("submit_audit")
    since = release.progress.submit_at or mini_program.now()
    intents.submit(since)
    try:
        auditid = mini_program.submit_audit(release.audit)
    except Refused as refused:
        verdict = verdict_of(refused.errcode).verdict
        if verdict is Verdict.WAIT:
            # A definite no: nothing was submitted that would have to be asked for.
            intents.forget_submission()
        if verdict is not Verdict.ADOPT:
            raise
        return _adopt(mini_program, release, since, refused)
    return auditid, f"submitted as audit {auditid}"


def judge(latest: LatestAudit | None, release: Release, since: float) -> Judgement:
    """Hold the latest audit against a release that intended to submit at `since`, by WeChat's clock."""
    if latest is None or latest.version != release.user_version:
        return Judgement.OTHER
    if latest.desc.strip() not in ("", release.user_desc.strip()):
        return Judgement.OTHER
    if latest.status in (IN_REVIEW, DELAYED):
        return Judgement.OURS
    if latest.submit_time < int(since) - CLOCK_SLACK_S:
        return Judgement.OTHER
    return Judgement.ENDED if latest.status in (REJECTED, WITHDRAWN) else Judgement.OURS


def _ask_for_scan(mini_program: MiniProgram) -> None:
    """Raise 61039 while the privacy scan runs; whatever else is the matter, submitting will tell."""
    try:
        mini_program.privacy_info()
    except Unanswered:
        return
    except Refused as refused:
        if verdict_of(refused.errcode).verdict is Verdict.WAIT:
            raise


def _adopt(mini_program: MiniProgram, release: Release, since: float, refused: Refused) -> tuple[int, str]:
    latest = mini_program.latest_audit()
    if latest is not None and judge(latest, release, since) is Judgement.OURS:
        return latest.auditid, f"adopted the running audit {latest.auditid}"
    raise StepBlocked(
        errcode=refused.errcode, errmsg=refused.errmsg, rid=refused.rid, remedy=remedy_of(refused.errcode)
    )


def _ended(latest: LatestAudit) -> StepBlocked:
    how = "rejected" if latest.status == REJECTED else "withdrawn"
    return StepBlocked(
        errmsg=f"this release's audit {latest.auditid} has been {how} already",
        remedy="See the reason in the Mini Program's audit record. Release a corrected version, or resume the "
        "release to submit this one again.",
    )
