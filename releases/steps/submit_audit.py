"""Step 3: the committed code is under audit.

Safe to run twice: once a submission has been intended, WeChat is asked for the latest audit before it is
sent again. A second audit would cost the merchant days and the platform its quota.

What is submitted is the trial version, whosever that is. So unless it was committed just now under this very lease,
it is asked for immediately before.
"""

from __future__ import annotations

from collections.abc import Callable

from releases.problems import StepBlocked, TrialReplaced
from releases.record import Release
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import Intents
from releases.steps.ours import (
    REJECTED,
    RUNNING,
    Judgement,
    is_our_trial,
    is_ours_but_for_its_time,
    judge,
    name_of_audit,
    name_of_trial,
)
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, Unanswered
from wechat.mini_program import LatestAudit

#: A commit that was answered under this lease is looked at again after so many seconds.
JUST_NOW_S = 5.0


def submit_audit(
    mini_program: MiniProgramCalls,
    release: Release,
    intents: Intents,
    confirm_domains: Callable[[], None] = lambda: None,
) -> tuple[int, str]:
    """Submit, unless an earlier attempt's audit is there; returns the audit id and what happened.

    `confirm_domains` is called before anything is submitted. Raises TrialReplaced where the trial version is not ours.
    """
    if release.progress.submit_at is not None:
        latest = mini_program.latest_audit()
        judgement = judge(latest, release, release.progress.submit_at)
        if judgement is Judgement.OURS and latest is not None:
            return latest.auditid, f"audit {latest.auditid} found at WeChat"
        if judgement is Judgement.ENDED and latest is not None:
            intents.forget_submission()
            raise _ended(latest)
    confirm_domains()
    if release.progress.scans:
        _ask_for_scan(mini_program)
    mini_program.take_turn("submit_audit")
    check_trial(mini_program, release, intents)
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
        return _adopt(mini_program, release, since, refused, intents)
    return auditid, f"submitted as audit {auditid}"


def check_trial(mini_program: MiniProgramCalls, release: Release, intents: Intents) -> None:
    """Raise TrialReplaced unless the trial version is ours now; a second time, StepBlocked."""
    until = release.progress.committed_at
    if intents.has_seen_trial and until is not None and mini_program.now() - until <= JUST_NOW_S:
        return
    trial = mini_program.trial_version()
    if is_our_trial(trial, release):
        return
    found = name_of_trial(trial)
    if not release.progress.foreign:
        raise TrialReplaced(found)
    if is_ours_but_for_its_time(trial, release):
        return
    raise StepBlocked(
        errmsg=f"the trial version is {found}, not the one that this release has committed twice",
        remedy="Find out who uploads to this Mini Program (another platform, a developer tool) and have that stopped, "
        "then resume the release: it commits its version again.",
    )


def _ask_for_scan(mini_program: MiniProgramCalls) -> None:
    """Raise 61039 while the privacy scan runs; whatever else is the matter, submitting will tell."""
    try:
        mini_program.privacy_info()
    except Unanswered:
        return
    except Refused as refused:
        if verdict_of(refused.errcode).verdict is Verdict.WAIT:
            raise


def _adopt(
    mini_program: MiniProgramCalls, release: Release, since: float, refused: Refused, intents: Intents
) -> tuple[int, str]:
    """85009: an audit runs. It is ours, or somebody else's."""
    latest = mini_program.latest_audit()
    # What has ended without a time is no answer to the question which one runs.
    if latest is not None and (latest.status in RUNNING or latest.submit_time):
        judgement = judge(latest, release, since)
        if judgement is Judgement.OURS:
            return latest.auditid, f"adopted the running audit {latest.auditid}"
        if judgement is Judgement.ENDED:
            intents.forget_submission()
            raise _ended(latest)
    raise StepBlocked(
        errcode=refused.errcode,
        errmsg=f"{name_of_audit(latest)}: {refused.errmsg}" if latest else refused.errmsg,
        rid=refused.rid,
        remedy=_remedy(latest),
    )


def _remedy(latest: LatestAudit | None) -> str:
    if latest is None or latest.status not in RUNNING:
        return (
            "WeChat does not show yet what is under audit. Wait some minutes, then resume the release: it adopts the audit "
            "if that is its own. If the Mini Program console shows another version, wait until its audit has ended first."
        )
    return (
        f"Wait until {name_of_audit(latest)} has ended, or withdraw it (undocodeaudit, 5 a day and 10 a month) if it is "
        "not wanted, then resume the release."
    )


def _ended(latest: LatestAudit) -> StepBlocked:
    how = "rejected" if latest.status == REJECTED else "withdrawn"
    return StepBlocked(
        errmsg=f"this release's audit {latest.auditid} has been {how} already",
        remedy="See the reason in the Mini Program's audit record. Release a corrected version, or resume the "
        "release to submit this one again.",
    )
