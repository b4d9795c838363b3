"""Step 6: the right version is live, with every domain that it needs.

Safe to run twice: it reads. That the call before was answered well says little: WeChat may show the version late, has
answered without publishing, and drops domains as it publishes.
"""

from __future__ import annotations

from releases import remedies
from releases.problems import StepBlocked, Undone
from releases.record import Release
from releases.states import Step
from releases.steps.calls import MiniProgramCalls, WebView
from releases.steps.live.intents import SHOWN_WITHIN_S, Intents, late
from releases.steps.ours import is_live_instead, is_our_live, name_of_live
from wechat.domains import Domains
from wechat.mini_program import LiveVersion


def verify_live(mini_program: MiniProgramCalls, release: Release, intents: Intents, wanted: Domains) -> str:
    """Check version and domains; returns what is live, raises StepBlocked or NotShownYet.

    Where a person resumed it and it is not live, Undone says so: then it has to be published again.
    """
    since = release.progress.publish_at or 0.0
    live = mini_program.versions().live
    if is_live_instead(live, release, since):
        raise StepBlocked(
            errmsg=f"{name_of_live(live)} is live, after this release was published",
            remedy=remedies.ANOTHER_IS_LIVE(appid=release.appid),
        )
    if not is_our_live(live, release, _earliest(release, since)):
        raise _not_live(live, release, intents)
    if live is not None and live.time:
        # Maybe long after the answer: whoever takes it back has to know it from one that was published later.
        intents.published(live.time)
    _check_domains(mini_program, intents, wanted)
    return f"{name_of_live(live)} is live with all domains"


def _earliest(release: Release, since: float) -> float:
    """When a version of our name that is live was published at the earliest to be ours: after its audit was submitted.

    The intent's time is the Date header's, which may be minutes ahead of the live version's; an audit takes longer than that.
    """
    at = release.review.submitted_at if release.review is not None else None
    return since if at is None else min(since, at.timestamp())


def _check_domains(mini_program: MiniProgramCalls, intents: Intents, wanted: Domains) -> None:
    dropped = wanted.server - mini_program.effective_domains()
    if wanted.web_view:
        dropped |= wanted.web_view - WebView(mini_program).effective_domains()
    intents.dropped(dropped.as_dict() or None)
    if dropped:
        raise StepBlocked(
            errmsg="the release is live, and WeChat has dropped these domains",
            domains=dropped.as_dict(),
            remedy=remedies.DOMAINS_DROPPED(),
        )


def _not_live(live: LiveVersion | None, release: Release, intents: Intents) -> Exception:
    if live is None or not live.version:
        errmsg = "WeChat took the call, and does not show which version is live"
    else:
        errmsg = f"WeChat took the call, which had no effect: {name_of_live(live)} is live as before"
    if release.progress.mend:
        return Undone(Step.PUBLISH, f"{errmsg}; it is published again")
    blocked = StepBlocked(errmsg=errmsg, remedy=remedies.NEVER_LIVE(appid=release.appid))
    return late(blocked, intents, SHOWN_WITHIN_S)
