"""Step 1: the platform's server domains, and business domains, stand in the Mini Program's configuration.

Safe to run twice: it reads first and adds only what is missing, so a repetition adds nothing. It never
sends `set` or `delete`: the merchant's other domains are not ours to remove. Each change counts
against 50 a month, so `add` is sent only when something is missing, once, with all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from releases import remedies
from releases.problems import NotShownYet, StepBlocked, remedy_of
from releases.record import Progress, Release
from releases.steps.calls import DomainCalls
from wechat.domains import Domains, Pool, rejected
from wechat.errcodes.table import Verdict, verdict_of
from wechat.errors import Refused

if TYPE_CHECKING:  # as in `releases.record`
    from releases.request import ReleaseRequest

#: Nothing was changed: either somebody else has added them meanwhile, or WeChat will not take them.
NOTHING_ADDED = frozenset({85017, 85301})
#: A domain may be missing from the platform's own pool.
NOT_REGISTERED = frozenset({85017, 85018, 89020, 89021})

#: Domains that WeChat does not show although they were added, or may have been, are asked for so many times more.
UNSHOWN_TRIES = 2

ALREADY_THERE = "domains were already there"

#: The hosts that are published on the platform; None if WeChat did not say.
RegisteredHosts = Callable[[], Collection[str] | None]


def wanted_by(of: Release | ReleaseRequest, platforms: Domains) -> Domains:
    """The domains that a release has to have: those that it names, or the platform's."""
    return platforms if of.domains is None else Domains.wanted(of.domains)


def each_in_turn(*kinds: Callable[[], str]) -> str:
    """Ensure the domains of each kind; returns what happened.

    What WeChat does not show yet is raised last: that something is `unshown` then says that the domains of all kinds were added.
    """
    said, not_shown = [], None
    for ensure in kinds:
        try:
            said.append(ensure())
        except NotShownYet as error:
            not_shown = not_shown or error
    if not_shown is not None:
        raise not_shown
    return "; ".join(what for what in said if what != ALREADY_THERE) or ALREADY_THERE


def ensure_domains(
    mini_program: DomainCalls, wanted: Domains, registered: RegisteredHosts, progress: Progress
) -> str:
    """Add what is missing; returns what happened, raises StepBlocked naming the domains.

    `registered` asks for the platform's own pool, to name only those of the domains that are to blame. Raises NotShownYet
    where WeChat may show later what was added; `progress` tells what happened in this step before.
    """
    if not wanted:
        raise StepBlocked(
            errmsg="no server domain is configured, so none can be ensured",
            remedy=remedies.NO_DOMAINS(),
        )
    missing = wanted - mini_program.domains()
    if not missing:
        return ALREADY_THERE
    if progress.unshown:
        # They were added, so there is nothing to add.
        raise _not_shown(missing)
    try:
        answer = mini_program.modify_domain("add", missing)
    except Refused as refused:
        return _refused(mini_program, wanted, missing, refused, registered, progress)
    _check_answer(mini_program, wanted, answer)
    return f"added {_enumerated(missing)}"


def _refused(
    mini_program: DomainCalls,
    wanted: Domains,
    missing: Domains,
    refused: Refused,
    registered: RegisteredHosts,
    progress: Progress,
) -> str:
    if refused.errcode in NOTHING_ADDED:
        missing = wanted - mini_program.domains()
        if not missing:
            return "domains were added by somebody else meanwhile"
    if verdict_of(refused.errcode).verdict is not Verdict.BLOCK:
        raise refused
    blocked = StepBlocked(
        errcode=refused.errcode,
        errmsg=refused.errmsg,
        rid=refused.rid,
        domains=_to_blame(missing, refused, registered).as_dict(),
        remedy=remedy_of(refused.errcode),
    )
    if refused.errcode in NOTHING_ADDED and (progress.failures or progress.unadded):
        # An attempt before may have added them.
        raise NotShownYet(blocked, budget="unadded", tries=UNSHOWN_TRIES)
    raise blocked


def _to_blame(missing: Domains, refused: Refused, registered: RegisteredHosts) -> Domains:
    """The domains that WeChat names, or those that the platform has not registered, or all of them.

    One of which only a domain above is registered is not to blame as long as there is another.
    """
    named = rejected(missing, refused.fields)
    if named or refused.errcode not in NOT_REGISTERED:
        return named or missing
    pool = Pool(registered() or ())
    return missing.missing_in(pool) or missing.unknown_in(pool) or missing


def _check_answer(mini_program: DomainCalls, wanted: Domains, answer: Mapping[str, Any]) -> None:
    """Raise StepBlocked for a partial success, NotShownYet for none to be seen: errcode 0 is not enough."""
    refused = rejected(wanted, answer)
    if refused:
        raise StepBlocked(
            errcode=0,
            errmsg="WeChat took the call and rejected some of the domains",
            domains=refused.as_dict(),
            remedy=remedies.DOMAINS_REJECTED(),
        )
    # The lists are not always those of afterwards: some answers have none, or only what was just added.
    missing = wanted - Domains.answered(answer)
    if missing:
        missing = wanted - mini_program.domains()
    if missing:
        raise _not_shown(missing)


def _not_shown(missing: Domains) -> NotShownYet:
    blocked = StepBlocked(
        errcode=0,
        errmsg="WeChat took the call, yet some of the domains are not configured",
        domains=missing.as_dict(),
        remedy=remedies.DOMAINS_NOT_SHOWN(),
    )
    return NotShownYet(blocked, budget="unshown", tries=UNSHOWN_TRIES)


def _enumerated(domains: Domains) -> str:
    return ", ".join(dict.fromkeys(domain for listed in domains.lists.values() for domain in listed))
