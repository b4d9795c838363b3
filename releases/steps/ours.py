"""Whether what WeChat has is a release's own: the trial version, the latest audit, the live version.

Version, status and time decide. A description never decides alone: WeChat leaves it out, cuts it, escapes it and puts
another in its place, so it is looked at only where an answer has no time, or where nothing is lost by not believing it.
All times are WeChat's, in seconds.
"""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime
from enum import Enum, auto

from releases import remedies
from releases.record import Release
from wechat.mini_program import EarlierVersion, LatestAudit, LiveVersion, TrialVersion

#: exp_time, submit_audit_time and the Date header are whole seconds, and may come from two machines of WeChat's.
CLOCK_SLACK_S = 1.0
#: An audit that runs may have been submitted so long before our commit and be ours all the same, by the clock of another
#: machine. A wrong "not ours" is refused with 85009, and the release is blocked.
RUNNING_SLACK_S = 2.0
#: The same for one that has ended. Here a wrong "not ours" would be a second audit.
ENDED_SLACK_S = 10.0

PASSED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
RUNNING = (IN_REVIEW, DELAYED)
_IN_WORDS = {
    PASSED: "approved",
    REJECTED: "rejected",
    IN_REVIEW: remedies.IN_REVIEW(),
    WITHDRAWN: "withdrawn",
    DELAYED: remedies.DELAYED(),
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

    The same version uploaded by somebody else after the end is theirs. A commit that was never answered has no end; so
    there the time has to be known, and the description must not be another: committing again does no harm. Where the time was
    measured, it is exactly that one.
    """
    since, until = release.progress.commit_at, release.progress.committed_at
    if trial is None or since is None:
        return False
    if trial.version and not is_same_version(trial.version, release.user_version):
        return False
    if release.progress.exp_time is not None:
        return trial.time == release.progress.exp_time
    if until is None and not (trial.time and _is_described(trial.desc, release, or_not_at_all=True)):
        return False
    if not trial.time:
        return _is_described(trial.desc, release, or_not_at_all=bool(trial.version))
    # Both the end and exp_time may have lost the better part of a second.
    return _is_since(trial.time, since) and (until is None or trial.time <= until + 2 * CLOCK_SLACK_S)


def is_our_live(live: LiveVersion | None, release: Release, since: float) -> bool:
    """Whether the live version is this release's, published since a time. Where it has none, its description decides."""
    if live is None or not is_same_version(live.version, release.user_version):
        return False
    if not live.time:
        return _is_described(live.desc, release, or_not_at_all=False)
    return _is_since(live.time, since)


def is_live_instead(live: LiveVersion | None, release: Release, since: float) -> bool:
    """Whether somebody published another version, which has a name, since that time."""
    if live is None or not live.version or is_our_live(live, release, since):
        return False
    return live.time >= int(since)


def is_described_as_ours(version: LiveVersion, release: Release) -> bool:
    """Whether the description is ours, or WeChat leaves it out: for where nothing is lost by not believing it."""
    return _is_described(version.desc, release, or_not_at_all=True)


def is_earlier(version: EarlierVersion, release: Release) -> bool:
    """Whether it is none that this release committed: one to go back to."""
    if not is_same_version(version.version, release.user_version):
        return True
    if not version.commit_time:
        return not _is_described(version.desc, release, or_not_at_all=True)
    return not _is_since(version.commit_time, release.created_at.timestamp(), ENDED_SLACK_S)


def judge(latest: LatestAudit | None, release: Release, since: float) -> Judgement:
    """Hold the latest audit against a release whose code was committed at `since`.

    An audit that was submitted before is of other code, whatever its version. Since then the trial version is ours, so
    an audit of this version is of our code, whoever submitted it. Where one does not say when it was submitted, it is taken
    for ours: a second audit would be worse.
    """
    if latest is None or (latest.version and not is_same_version(latest.version, release.user_version)):
        return Judgement.OTHER
    slack_s = RUNNING_SLACK_S if latest.status in RUNNING else ENDED_SLACK_S
    if latest.submit_time and not _is_since(latest.submit_time, since, slack_s):
        return Judgement.OTHER
    return Judgement.ENDED if latest.status in (REJECTED, WITHDRAWN) else Judgement.OURS


def is_uploaded_as_ours(trial: TrialVersion | None, release: Release) -> bool:
    """Whether the trial version is ours by its name and description, and says when it was uploaded.

    An audit that came after it is of it: both times are of one clock, which the Date header's may be minutes away from.
    """
    if trial is None or not trial.time or not is_same_version(trial.version, release.user_version):
        return False
    return _is_described(trial.desc, release, or_not_at_all=True)


def is_nameless(latest: LatestAudit) -> bool:
    """Whether an audit says neither which version it is of, nor when it was submitted."""
    return not latest.version and not latest.submit_time


def is_same_version(found: str, wanted: str) -> bool:
    """Whether a version is ours, however WeChat has escaped or composed it, and whatever stands around it."""
    return _decoded(found).strip() == _decoded(wanted).strip()


def name_of_trial(trial: TrialVersion | LiveVersion | EarlierVersion | None) -> str:
    """Which version it is, and what its uploader says of it."""
    if trial is None:
        return "no version at all"
    desc = _shown(trial.desc)
    return f"version {_shown(trial.version) or '(not named)'}" + (f" ({desc})" if desc else "")


def name_of_live(live: LiveVersion | None) -> str:
    """The same of what is live, and since when."""
    at = f", published {_utc(live.time)}" if live is not None and live.time else ""
    return name_of_trial(live) + at


def name_of_audit(latest: LatestAudit) -> str:
    """Which audit it is: its id, its version, its time."""
    said = {
        "id": str(latest.auditid),
        "version": _shown(latest.version) or "(not named)",
        "status": _IN_WORDS.get(latest.status, f"status {latest.status}"),
    }
    return (
        remedies.AUDIT_OF(**said, at=_utc(latest.submit_time))
        if latest.submit_time
        else remedies.AUDIT(**said)
    )


def _shown(text: str) -> str:
    """Others' text as a record can hold it, in one line."""
    printable = "".join(character for character in text if character.isprintable())
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}…"


def _utc(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return f"at {seconds:.0f}"


def _is_since(time: float, since: float, slack_s: float = CLOCK_SLACK_S) -> bool:
    return time >= int(since) - slack_s


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
    """Without white space and case, and with its entities decoded."""
    return "".join(_decoded(text).split()).casefold()


def _decoded(text: str) -> str:
    """With its entities decoded, be they escaped once or twice, its accents composed, and without what nobody sees."""
    composed = unicodedata.normalize("NFC", html.unescape(html.unescape(text)))
    return "".join(character for character in composed if unicodedata.category(character) != "Cf")
