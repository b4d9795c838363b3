"""Before each call that publishes: what WeChat would publish is ours, and no domain of it would be dropped.

The call names no version: WeChat publishes what passed last, whosever that is. And with it every domain goes that is not the
platform's. So all of this is read just before, and nothing is published where something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from releases import remedies
from releases.problems import StepBlocked
from releases.record import Release
from releases.steps.calls import DomainCalls, MiniProgramCalls, WebView
from releases.steps.live.intents import PUBLISHABLE_WITHIN_S, Lateness, late
from releases.steps.ours import PASSED, RUNNING, name_of_audit
from wechat.domains import Domains, Pool
from wechat.errors import Refused, Unanswered
from wechat.mini_program import LatestAudit

#: `status` of a gray release that goes on, or could.
_GRAY_GOES_ON = (1, 2)
#: What the history says where the platform's pool is not known.
POOL_UNKNOWN = "the platform's pool is not known, so WeChat was only asked which domains will hold"

#: The hosts that the platform has published, read just now; None if WeChat does not say.
PublishedHosts = Callable[[], Collection[str] | None]


@dataclass(frozen=True, slots=True)
class Guard:
    """Holds a Mini Program against what a release needs; raises StepBlocked, having published nothing.

    `check_time` raises NotYet where nothing is to be published any more: the time for that may end while WeChat is asked.
    """

    wanted: Domains
    published_hosts: PublishedHosts
    published_jump_hosts: PublishedHosts
    check_time: Callable[[Release], object]

    def check(
        self, mini_program: MiniProgramCalls, release: Release, intents: Lateness
    ) -> tuple[LatestAudit, str]:
        """Look at everything; returns the audit, and what the history has to say of the check, if anything."""
        latest = _check_audit(mini_program, release, intents)
        _check_gray_release(mini_program, release)
        note = self._check_domains(mini_program)
        self.check_time(release)
        return latest, note

    def _check_domains(self, mini_program: MiniProgramCalls) -> str:
        server, web_view = self.wanted.server, self.wanted.web_view
        if not server:
            raise StepBlocked(
                errmsg="no server domain is configured, so none can be held against what WeChat has",
                remedy=remedies.NO_DOMAINS(),
            )
        notes = [_check_kind(mini_program, server, self.published_hosts())]
        if web_view:
            notes.append(_check_kind(WebView(mini_program), web_view, self.published_jump_hosts()))
        return next(filter(None, notes), "")


def _check_kind(mini_program: DomainCalls, wanted: Domains, hosts: Collection[str] | None) -> str:
    if hosts is None:
        _refuse_to_drop(wanted - mini_program.effective_domains())
        return POOL_UNKNOWN
    missing = wanted - mini_program.domains()
    if missing:
        raise StepBlocked(
            errmsg="the Mini Program does not have these domains any more; nothing was published",
            domains=missing.as_dict(),
            remedy=remedies.DOMAINS_GONE(),
        )
    pool = Pool(hosts)
    unknown = wanted.unknown_in(pool)
    if unknown:
        # Only a domain above them is registered: WeChat tells whether that is enough.
        unknown -= mini_program.effective_domains()
    _refuse_to_drop(wanted.missing_in(pool) | unknown)
    return ""


def _check_audit(mini_program: MiniProgramCalls, release: Release, intents: Lateness) -> LatestAudit:
    latest = mini_program.latest_audit()
    if latest is None or latest.auditid != release.auditid:
        found = "none" if latest is None else name_of_audit(latest)
        raise StepBlocked(
            errmsg=f"the latest audit is {found}, not this release's {release.auditid}; nothing was published",
            remedy=remedies.AUDIT_NOT_LATEST(appid=release.appid),
        )
    if latest.status == PASSED:
        return latest
    blocked = StepBlocked(
        errmsg=f"{name_of_audit(latest)} was approved before and is not now; nothing was published",
        remedy=remedies.AUDIT_NOT_PASSED(),
    )
    raise late(blocked, intents, PUBLISHABLE_WITHIN_S) if latest.status in RUNNING else blocked


def _check_gray_release(mini_program: MiniProgramCalls, release: Release) -> None:
    """Whether a gray release goes on; where WeChat does not say, that blocks nothing."""
    try:
        plan = mini_program.gray_plan()
    except (Refused, Unanswered):
        return
    if plan is not None and plan.status in _GRAY_GOES_ON:
        raise StepBlocked(
            errmsg=f"a gray release to {plan.percentage} % of the users is running; nothing was published",
            remedy=remedies.GRAY_RUNNING(appid=release.appid),
        )


def _refuse_to_drop(domains: Domains) -> None:
    if domains:
        raise StepBlocked(
            errmsg="WeChat would drop these domains, which the platform has not published; nothing was published",
            domains=domains.as_dict(),
            remedy=remedies.DOMAINS_WOULD_DROP(),
        )
