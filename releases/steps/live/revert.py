"""Step 7, on demand: the version before is live again.

Safe to run twice: WeChat goes back one version and no further. It is asked what is live before the call, so that nobody
else's version is taken back, and once that has been intended, before it is sent again: then a minute later at the
earliest, and to the same version.
"""

from __future__ import annotations

from releases import remedies
from releases.problems import NotShownYet, StepBlocked, remedy_of
from releases.record import Release
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import CHANGED_NOTHING
from releases.steps.live.intents import SHOWN_WITHIN_S, Intents, late
from releases.steps.ours import (
    ENDED_SLACK_S,
    is_earlier,
    is_same_version,
    name_of_live,
    name_of_trial,
)
from wechat.errcodes.table import verdict_of
from wechat.errors import Refused
from wechat.mini_program import EarlierVersion, LiveVersion

#: A call that was not answered and does not show may be sent once more after so many seconds, by WeChat's clock.
REVERT_AGAIN_S = 60.0
#: There is no version before, or it has been taken back already.
NOTHING_BEFORE = 87012


def revert(mini_program: MiniProgramCalls, release: Release, intents: Intents) -> LiveVersion | None:
    """Take our version back, unless that has been done; returns what is live then, None where WeChat never shows it."""
    live, listed = mini_program.versions().live, mini_program.earlier_versions()
    sent_at = release.progress.revert_at
    if _is_other(live, release):
        if not _is_back(live, listed, release):
            raise StepBlocked(
                errmsg=f"{name_of_live(live)} is live, which is not this release's; nothing was taken back",
                remedy=remedies.NOT_LIVE(appid=release.appid),
            )
        return live
    if sent_at is not None and not listed:
        # Nothing is left to go back to, so it has landed: in the end that is believed.
        not_shown = _not_shown(release, intents)
        if isinstance(not_shown, StepBlocked):
            return None
        raise not_shown
    if sent_at is not None and mini_program.now() - sent_at < REVERT_AGAIN_S:
        raise _not_shown(release, intents)
    mini_program.take_turn("revertcoderelease")
    target = _target(listed, release)
    intents.intend(revert_to=target.app_version, revert_at=mini_program.now())
    try:
        mini_program.revert(target.app_version)
    except Refused as refused:
        # Only a first call's refusal says that nothing was taken back.
        if sent_at is None or refused.errcode != NOTHING_BEFORE:
            if sent_at is None and verdict_of(refused.errcode).verdict in CHANGED_NOTHING:
                intents.know(revert_to=None, revert_at=None)
            raise
    live = mini_program.versions().live
    if not _is_other(live, release):
        raise _not_shown(release, intents)
    return live


def _is_other(live: LiveVersion | None, release: Release) -> bool:
    """Whether WeChat says that another version than ours is live, or one of that name which was published after ours."""
    if live is None or not live.version:
        return False
    at = release.publication.released_at if release.publication is not None else None
    is_later = at is not None and live.time > at.timestamp() + ENDED_SLACK_S
    return is_later or not is_same_version(live.version, release.user_version)


def _is_back(live: LiveVersion | None, listed: tuple[EarlierVersion, ...], release: Release) -> bool:
    """Whether that is so because ours was taken back: after that there is nothing left to go back to."""
    target = next((one for one in listed if one.app_version == release.progress.revert_to), None)
    if not listed:
        return True
    return live is not None and target is not None and is_same_version(live.version, target.version)


def _target(listed: tuple[EarlierVersion, ...], release: Release) -> EarlierVersion:
    """The newest that is not ours, or the one that was chosen before."""
    if release.progress.revert_to is not None:
        listed = tuple(one for one in listed if one.app_version == release.progress.revert_to)
    earlier = [one for one in listed if is_earlier(one, release)]
    if not earlier:
        shown = ", ".join(map(name_of_trial, listed)) or "none"
        raise StepBlocked(
            errcode=NOTHING_BEFORE,
            errmsg=f"of the versions that WeChat could bring back ({shown}) none is an earlier one",
            remedy=remedy_of(NOTHING_BEFORE),
        )
    return max(earlier, key=lambda one: one.app_version)


def _not_shown(release: Release, intents: Intents) -> StepBlocked | NotShownYet:
    blocked = StepBlocked(
        errmsg="the version was to be taken back, and WeChat does not show another one as live",
        remedy=remedies.REVERT_NOT_SHOWN(appid=release.appid),
    )
    return late(blocked, intents, SHOWN_WITHIN_S)
