"""Step 5: the approved version is published.

Safe to run twice: once that has been intended, WeChat is asked what is live before it is sent again. A needless repetition
is refused with 85052 and changes nothing. Before each call the guard holds the Mini Program against what is needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from releases import remedies
from releases.problems import StepBlocked
from releases.record import Release
from releases.steps.calls import MiniProgramCalls
from releases.steps.commit_code import CHANGED_NOTHING
from releases.steps.live.guard import Guard
from releases.steps.live.intents import PUBLISHABLE_WITHIN_S, Intents, late
from releases.steps.ours import (
    is_described_as_ours,
    is_our_live,
    is_same_version,
    name_of_audit,
    name_of_live,
)
from wechat.errcodes.table import verdict_of
from wechat.errors import Refused, Unanswered
from wechat.mini_program import PATHS, LatestAudit

#: What the guard found is good for so many seconds.
GUARD_GOOD_FOR_S = 10.0
#: Where WeChat or Redis is so slow that it is older at the call, it is asked once more so many times.
GUARD_TRIES = 3
#: It has been published already; no page lists that code.
PUBLISHED_ALREADY = 85052
#: There is no version that has passed, or its audit does not allow it: WeChat says so for a while of what has passed.
_NOT_PUBLISHABLE = frozenset({85019, 85020})


def publish(
    mini_program: MiniProgramCalls,
    release: Release,
    intents: Intents,
    guard: Guard,
    monotonic: Callable[[], float] = time.monotonic,
) -> str:
    """Publish, unless an earlier attempt's call did; returns what happened."""
    intended_at = release.progress.publish_at
    if intended_at is not None:
        live = mini_program.versions().live
        if live and is_our_live(live, release, intended_at) and is_described_as_ours(live, release):
            intents.published(live.time or mini_program.now())
            return "found live at WeChat"
    mini_program.take_turn("release")
    latest, note = _intend(mini_program, release, intents, guard, monotonic)
    try:
        mini_program.release()
    except Refused as refused:
        if refused.errcode == PUBLISHED_ALREADY:
            return _published_already(mini_program, release, intents, refused)
        is_certain = (
            refused.errcode in _NOT_PUBLISHABLE or verdict_of(refused.errcode).verdict in CHANGED_NOTHING
        )
        if intended_at is None and is_certain:
            intents.know(publish_at=None)
        if refused.errcode in _NOT_PUBLISHABLE:
            raise _not_publishable(release, latest, refused, intents) from refused
        raise
    intents.published(mini_program.now())
    return f"published; {note}" if note else "published"


def _intend(
    mini_program: MiniProgramCalls,
    release: Release,
    intents: Intents,
    guard: Guard,
    monotonic: Callable[[], float],
) -> tuple[LatestAudit, str]:
    """Check and write the intent; what was checked is fresh when it returns.

    Where it stops after it has written the intent, nothing has been sent: an intent of this attempt is taken back.
    """
    with ExitStack() as unsent:
        for _ in range(GUARD_TRIES):
            began = monotonic()
            found = guard.check(mini_program, release, intents)
            intents.publish(mini_program.now())
            if monotonic() - began <= GUARD_GOOD_FOR_S:
                unsent.pop_all()
                return found
            if release.progress.publish_at is None:
                unsent.callback(intents.know, publish_at=None)
    raise Unanswered(PATHS["release"], f"the checks before it took longer than {GUARD_GOOD_FOR_S:.0f} s")


def _published_already(
    mini_program: MiniProgramCalls, release: Release, intents: Intents, refused: Refused
) -> str:
    """85052: an earlier call of ours has landed, or somebody else has published it; else it is another version."""
    live, intended_at = mini_program.versions().live, release.progress.publish_at
    if live is not None and is_same_version(live.version, release.user_version):
        intents.published(live.time or mini_program.now())
        return "published already" if intended_at is not None else "published already, by somebody else"
    if intended_at is not None or live is None or not live.version:
        # What is live may be shown late: the next step waits for it.
        intents.published(mini_program.now())
        return "WeChat says that it is published already"
    # No call of ours has published anything, and none is on its way: a cancel leaves the release approved.
    intents.know(publish_at=None)
    raise StepBlocked(
        errcode=refused.errcode,
        errmsg=f"{refused.errmsg}; what is live is {name_of_live(live)}",
        rid=refused.rid,
        remedy=remedies.ANOTHER_IS_LIVE(appid=release.appid),
    )


def _not_publishable(release: Release, latest: LatestAudit, refused: Refused, intents: Intents) -> Exception:
    blocked = StepBlocked(
        errcode=refused.errcode,
        errmsg=f"{refused.errmsg}; yet the latest audit is {name_of_audit(latest)}",
        rid=refused.rid,
        remedy=remedies.NOT_PUBLISHABLE(appid=release.appid),
    )
    return late(blocked, intents, PUBLISHABLE_WITHIN_S)
