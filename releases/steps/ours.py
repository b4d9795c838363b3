"""Whether what WeChat has is a release's own: the trial version, the latest audit.

Version, status and time decide. A description never decides alone: WeChat leaves it out, cuts it, escapes it and puts
another in its place, so it is looked at only where an answer has no time. All times are WeChat's, in seconds.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from enum import Enum, auto

from releases.record import Release
from wechat.mini_program import LatestAudit, TrialVersion

#: exp_time, submit_audit_time and the Date header are whole seconds, and may come from two machines of WeChat's.
CLOCK_SLACK_S = 1.0

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
RUNNING = (IN_REVIEW, DELAYED)
_IN_WORDS = {
    PASSED: "approved",
    REJECTED: "rejected",
    IN_REVIEW: "in review",
    WITHDRAWN: "withdrawn",
    DELAYED: "delayed",
}
#: So much of somebody else's text is kept in a record.
_SHOWN = 64

#: An entity that a cut has left the beginning of.
_HALF_AN_ENTITY = re.compile(r"&#?\w{0,10}\Z")


class Judgement(Enum):
    """What the latest audit is to a release."""

    OURS = auto()  # adopt it
    ENDED = auto()  # it was this release's, and has been rejected or withdrawn
    OTHER = auto()  # it has nothing to do with this release


def is_our_trial(trial: TrialVersion | None, release: Release) -> bool:
    """Whether the trial version is what this release committed, between its commit's intent and its answer.

    A commit that was never answered has no end. The same version uploaded by somebody else after the end is theirs.
    """
    since, until = release.progress.commit_at, release.progress.committed_at
    if trial is None or since is None:
        return False
    if trial.version and not is_same_version(trial.version, release.user_version):
        return False
    if not trial.time:
        return _is_described(trial.desc, release, or_not_at_all=bool(trial.version))
    # Both the end and exp_time may have lost the better part of a second.
    return _is_since(trial.time, since) and (until is None or trial.time <= until + 2 * CLOCK_SLACK_S)


def is_ours_but_for_its_time(trial: TrialVersion | None, release: Release) -> bool:
    """Whether version and description are ours. Twice in a row that is a clock at WeChat, and not somebody else."""
    if trial is None or not is_same_version(trial.version, release.user_version):
        return False
    return _is_described(trial.desc, release, or_not_at_all=False)


def judge(latest: LatestAudit | None, release: Release, since: float) -> Judgement:
    """Hold the latest audit against a release that intended to submit at `since`.

    Where an ended one does not say when it was submitted, it is taken for ours: a second audit would be worse.
    """
    if latest is None or (latest.version and not is_same_version(latest.version, release.user_version)):
        return Judgement.OTHER
    is_older = bool(latest.submit_time) and not _is_since(latest.submit_time, since)
    if not latest.version and (
        is_older if latest.submit_time else not _is_described(latest.desc, release, or_not_at_all=False)
    ):
        return Judgement.OTHER
    if latest.status in RUNNING:
        return Judgement.OURS
    if is_older:
        return Judgement.OTHER
    return Judgement.ENDED if latest.status in (REJECTED, WITHDRAWN) else Judgement.OURS


def is_same_version(found: str, wanted: str) -> bool:
    """Whether a version is ours, however WeChat has escaped or spaced it."""
    return _plain(found) == _plain(wanted)


def name_of_trial(trial: TrialVersion | None) -> str:
    """Which version it is, and what its uploader says of it."""
    if trial is None:
        return "no version at all"
    desc = _shown(trial.desc)
    return f"version {_shown(trial.version) or '(not named)'}" + (f" ({desc})" if desc else "")


def name_of_audit(latest: LatestAudit) -> str:
    """Which audit it is: its id, its version, its time."""
    at = f", submitted {_utc(latest.submit_time)}" if latest.submit_time else ""
    status = _IN_WORDS.get(latest.status, f"status {latest.status}")
    return f"audit {latest.auditid} of version {_shown(latest.version) or '(not named)'}{at} ({status})"


def _shown(text: str) -> str:
    """Others' text as a record can hold it, in one line."""
    printable = "".join(character for character in text if character.isprintable())
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}…"


def _utc(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"at {seconds:.0f}"


def _is_since(time: float, since: float) -> bool:
    return time >= int(since) - CLOCK_SLACK_S


def _is_described(found: str, release: Release, *, or_not_at_all: bool) -> bool:
    """Whether a description may be what is left of ours."""
    left, ours = _without_end(found), _without_end(release.user_desc)
    if not left or not ours:
        return or_not_at_all
    return left in ours or ours in left


def _without_end(desc: str) -> str:
    """Without what a cut leaves at the end: half an entity, an ellipsis."""
    return _HALF_AN_ENTITY.sub("", _plain(desc)).rstrip(".…")


def _plain(text: str) -> str:
    """Without white space, and with its entities decoded, be they escaped once or twice."""
    return "".join(html.unescape(html.unescape(text)).split())
