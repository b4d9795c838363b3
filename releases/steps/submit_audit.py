"""Step 3: the committed code is under audit.

Safe to run twice: once a submission has been intended, WeChat is asked for the latest audit before it is
sent again. A second audit would cost the merchant days and the platform its quota.

What is submitted is the trial version, whosever that is. So unless it was committed just now under this very lease,
it is asked for immediately before. For the same reason an audit is ours if it was submitted since our commit.
"""

from __future__ import annotations

from collections.abc import Callable

from releases import remedies
from releases.problems import NotShownYet, StepBlocked, Undone
from releases.record import Problem, Progress, Release
from releases.states import Step
from releases.steps.ahead import StandsBehind
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import CHANGED_NOTHING, Intents
from releases.steps.ours import (
    REJECTED,
    RUNNING,
    Judgement,
    is_nameless,
    is_our_trial,
    is_same_version,
    is_uploaded_as_ours,
    judge,
    name_of_audit,
    name_of_trial,
)
from releases.store.known import Stored
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused, Unanswered
from wechat.mini_program import PATHS, LatestAudit

#: A version is under audit already.
_RUNNING = 85009
#: A commit that was answered under this lease is looked at again so many seconds after it was sent.
JUST_NOW_S = 5.0
#: An unanswered submission's audit that is not there is asked for so many times more.
UNFOUND_TRIES = 1

#: The other release of this Mini Program that has this audit, if there is one.
WhoseAudit = Callable[[int], Stored | None]


def submit_audit(
    mini_program: MiniProgramCalls,
    release: Release,
    intents: Intents,
    confirm_domains: Callable[[], None] = lambda: None,
    whose: WhoseAudit = lambda _: None,
) -> tuple[int, str]:
    """Submit, unless an earlier attempt's audit is there; returns the audit id and what happened.

    `confirm_domains` is called before anything is submitted, `whose` before an audit is believed to be ours. Raises
    Undone where the trial version is not ours, and StandsBehind while the audit of another release runs.
    """
    if release.progress.submit_at is not None:
        latest = _latest(mini_program)
        judgement = _judge(mini_program, latest, release, release.progress.submit_at, whose)
        if judgement is Judgement.OURS and latest is not None:
            return latest.auditid, f"audit {latest.auditid} found at WeChat"
        if judgement is Judgement.ENDED and latest is not None:
            intents.know(submit_at=None)
            raise _ended(latest)
        if release.progress.unfound < UNFOUND_TRIES:
            raise _unfound(latest)
    confirm_domains()
    if release.progress.scans:
        _ask_for_scan(mini_program)
    mini_program.take_turn("submit_audit")
    check_trial(mini_program, release, intents)
    since = release.progress.submit_at or mini_program.now()
    intents.intend(submit_at=since, submit_since=_code_since(release.progress), unfound=0)
    try:
        auditid = mini_program.submit_audit(release.audit)
    except Refused as refused:
        verdict = verdict_of(refused.errcode).verdict
        if verdict in CHANGED_NOTHING and release.progress.submit_at is None:
            # A definite no: nothing was submitted that would have to be asked for.
            intents.know(submit_at=None)
        if refused.errcode != _RUNNING:
            raise
        latest = _latest(mini_program)
        _wait_for_its_end(latest, release, refused, intents, whose)
        judgement = _judge(mini_program, latest, release, since, whose)
        if latest is not None and not latest.version and release.progress.submit_at is None:
            # We had submitted nothing before, so what runs is somebody else's; only our version would make it ours as well.
            judgement = Judgement.OTHER
        return _adopt(latest, judgement, refused, intents)
    return auditid, f"submitted as audit {auditid}"


def check_trial(mini_program: MiniProgramCalls, release: Release, intents: Intents) -> None:
    """Raise Undone unless the trial version is ours now; a second time, StepBlocked."""
    if _is_just_committed(mini_program, release, intents):
        return
    trial = mini_program.trial_version()
    if is_our_trial(trial, release):
        return
    found = name_of_trial(trial)
    if not release.progress.foreign:
        why = f"the trial version is {found}, not ours: it is committed once more"
        raise Undone(Step.COMMIT_CODE, why, facts={"foreign": found})
    raise StepBlocked(
        errmsg=f"the trial version is {found}, not the one that this release has committed twice",
        remedy=remedies.TRIAL_REPLACED(),
    )


def _is_just_committed(mini_program: MiniProgramCalls, release: Release, intents: Intents) -> bool:
    """Whether a commit was answered under this lease, and sent just now.

    Who uploaded while its answer was on the way came after it, so the time of the answer says nothing.
    """
    progress = release.progress
    sent_at, answered_at = progress.commit_at, progress.committed_at
    if sent_at is None or answered_at is None or progress.seen_under != intents.lease:
        return False
    return mini_program.now() - sent_at <= JUST_NOW_S


def _ask_for_scan(mini_program: MiniProgramCalls) -> None:
    """Raise 61039 while the privacy scan runs; whatever else is the matter, submitting will tell."""
    try:
        mini_program.privacy_info()
    except Unanswered:
        return
    except Refused as refused:
        if verdict_of(refused.errcode).verdict is Verdict.WAIT:
            raise


def _latest(mini_program: MiniProgramCalls) -> LatestAudit | None:
    """The latest audit; raises Unanswered where nothing tells whose it is, for a description alone decides nothing."""
    latest = mini_program.latest_audit()
    if latest is not None and is_nameless(latest):
        raise Unanswered(PATHS["get_latest_auditstatus"], "the audit has neither version nor time")
    return latest


def _judge(
    mini_program: MiniProgramCalls,
    latest: LatestAudit | None,
    release: Release,
    submit_at: float,
    whose: WhoseAudit,
) -> Judgement:
    """Hold the latest audit against our commit, the one before the first submission; our own records decide first.

    Of an audit of our version that seems to be older the trial version tells: its time is of the same clock.
    """
    progress = release.progress
    # What has ended before it was submitted once more says nothing of that.
    if latest is None or latest.auditid == progress.ended_audit or whose(latest.auditid) is not None:
        return Judgement.OTHER
    since = next(at for at in (_code_since(progress), progress.commit_at, submit_at) if at is not None)
    judgement = judge(latest, release, since)
    if judgement is not Judgement.OTHER or not is_same_version(latest.version, release.user_version):
        return judgement
    trial = mini_program.trial_version()
    is_ours = is_uploaded_as_ours(trial, release)
    return judge(latest, release, trial.time) if trial is not None and is_ours else judgement


def _code_since(progress: Progress) -> float | None:
    """When the code was committed that was submitted first, and not answered; that of now where nothing was."""
    return progress.commit_at if progress.submit_at is None else progress.submit_since


def _wait_for_its_end(
    latest: LatestAudit | None, release: Release, refused: Refused, intents: Intents, whose: WhoseAudit
) -> None:
    """85009: raise StandsBehind where it is another release's audit that runs, be that release cancelled."""
    other = whose(latest.auditid) if latest is not None and latest.status in RUNNING else None
    if latest is None or other is None:
        return
    if release.progress.submit_at is None:
        # Nothing was submitted that would have to be asked for, and nothing has failed.
        intents.know(submit_at=None)
    problem = Problem(
        step=Step.SUBMIT_AUDIT,
        errcode=refused.errcode,
        errmsg=f"{name_of_audit(latest)} is of release {other.release.id}: {refused.errmsg}",
        rid=refused.rid,
        remedy=remedies.BEHIND_RUNNING_AUDIT(id=other.release.id),
    )
    raise StandsBehind(other, problem)


def _adopt(
    latest: LatestAudit | None, judgement: Judgement, refused: Refused, intents: Intents
) -> tuple[int, str]:
    """85009: an audit runs. It is ours, or somebody else's; where WeChat shows none, it contradicts itself."""
    # What has ended without a time is no answer to the question which one runs.
    if latest is not None and (latest.status in RUNNING or latest.submit_time):
        if judgement is Judgement.OURS:
            return latest.auditid, f"adopted the running audit {latest.auditid}"
        if judgement is Judgement.ENDED:
            intents.know(submit_at=None)
            raise _ended(latest)
    blocked = StepBlocked(
        errcode=refused.errcode,
        errmsg=f"{name_of_audit(latest)}: {refused.errmsg}" if latest else refused.errmsg,
        rid=refused.rid,
        remedy=remedies.AUDIT_NOT_SHOWN()
        if latest is None or latest.status not in RUNNING
        else remedies.AUDIT_OF_ANOTHER(audit=remedies.AUDIT_ID(id=str(latest.auditid))),
    )
    if latest is None or latest.status not in RUNNING:
        raise NotShownYet(blocked, budget="failures")
    raise blocked


def _unfound(latest: LatestAudit | None) -> NotShownYet:
    """WeChat may show an audit later than it takes it, so it is asked once more before another one is submitted."""
    found = "none" if latest is None else name_of_audit(latest)
    blocked = StepBlocked(
        errmsg=f"a submission was not answered, and the latest audit that WeChat shows is {found}",
        remedy=remedies.AUDIT_NOT_FOUND(),
    )
    return NotShownYet(blocked, budget="unfound", tries=UNFOUND_TRIES)


def _ended(latest: LatestAudit) -> StepBlocked:
    how = "rejected" if latest.status == REJECTED else "withdrawn"
    return StepBlocked(
        errmsg=f"this release's audit {latest.auditid} has been {how} already",
        remedy=remedies.AUDIT_ENDED(),
    )
