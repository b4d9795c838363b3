"""What an order to publish would do, without giving it: which releases would go live, and what stands in the others' way."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from releases import remedies
from releases.problems import StepBlocked, describe, without_hint
from releases.record import Problem, Release
from releases.states import TO_LIVE, Status, Step
from releases.steps.calls import MiniProgramCalls
from releases.steps.ensure_domains import wanted_by
from releases.steps.live.guard import Guard
from wechat.domains import Domains, Pool
from wechat.errors import WeChatError
from wechat.http.deadline import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """Of one release; `obstacles` are sentences, and `unknown` are those on what WeChat did not say."""

    release: Release
    obstacles: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    def public(self) -> dict[str, Any]:
        """As JSON."""
        release = self.release
        return {
            "release_id": release.id,
            "appid": release.appid,
            "user_version": release.user_version,
            "status": str(release.status),
            "goes_live": not self.obstacles,
            "obstacles": list(self.obstacles),
            "unknown": list(self.unknown),
        }


def by_record(release: Release, wanted: Domains, pool: Collection[str] | None) -> PublicationPlan:
    """What its record says, and the platform's pool of server domains as somebody read it (None: not known): nobody is asked."""
    if release.is_moving and release.step in TO_LIVE:
        return PublicationPlan(release, ("it is ordered already",))
    if release.status is not Status.APPROVED:
        return PublicationPlan(release, (f"it is {release.status}",))
    if pool is None:
        return PublicationPlan(release, (), ("the platform's domain pool is unknown",))
    hosts = ", ".join(wanted_by(release, wanted).server.missing_in(Pool(pool)).hosts())
    return PublicationPlan(release, (remedies.NOT_REGISTERED(hosts=hosts),) if hosts else ())


def by_wechat(
    release: Release,
    mini_program: MiniProgramCalls,
    wanted: Domains,
    pool: Collection[str] | None,
    jump_pool: Collection[str] | None,
) -> PublicationPlan:
    """The same, and for one that is approved what the guard of each publication says, but for its time."""
    if release.status is not Status.APPROVED:
        return by_record(release, wanted, pool)
    try:
        guard = Guard(wanted_by(release, wanted), lambda: pool, lambda: jump_pool, check_time=lambda _: None)
        _, unknown = guard.check(mini_program, release, _Now())
    except StepBlocked as blocked:
        return PublicationPlan(release, (_said(blocked.problem(Step.PUBLISH)),))
    except (WeChatError, DeadlineExceeded) as error:
        return PublicationPlan(release, (_said(describe(error, Step.PUBLISH)),))
    return PublicationPlan(release, (), (unknown,) if unknown else ())


class _Now:
    """What WeChat does not show yet stands in the way of somebody who asks now."""

    def late(self) -> float:
        return math.inf


def _said(problem: Problem) -> str:
    named = f" [{', '.join(problem.named)}]" if problem.named else ""
    return f"{without_hint(problem)}{named} -- {problem.remedy}"
