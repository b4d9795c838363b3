"""What an act would touch, as things stand: releases with their number, and how many are left as they are."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from releases.errors import ReleaseConflict, UnknownRelease
from releases.intake.orders import STOPPED
from releases.intake.publication_plan import by_record
from releases.record import Release
from releases.scope import Scope
from releases.states import ACTIVE, GOING_ON, Status
from releases.store.pauses import Pause
from releases.waves.halves import LIVE
from tasks.services import Services
from web.page.acts.kinds import STOPS, Act
from web.page.acts.remedies import helps
from web.page.acts.target import Target
from web.routes.waves import check_wave

#: Releases that are named.
NAMED = 20
#: Where those of a wave are that an act can touch.
_STATUSES: Mapping[Act, Iterable[Status]] = {
    Act.PLAN: (Status.APPROVED,),
    Act.PUBLISH: (Status.APPROVED,),
    Act.REVERT: (Status.LIVE, *STOPPED),
    Act.CANCEL: sorted(ACTIVE),
    Act.LOOK: (Status.SUBMITTED,),
}

_ORDERS: Mapping[Act, Literal["publish", "revert", "withdraw"]] = {
    Act.PLAN: "publish",
    Act.PUBLISH: "publish",
    Act.REVERT: "revert",
    Act.WITHDRAW: "withdraw",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Looked at `at`. Besides `touched`, `held` go on because `pause` ends; `left` of the wave, or of those named, are not touched.

    `grows`: it may become more while somebody reads, and all of that is meant. `others` are the named ones that are left.
    """

    at: datetime
    touched: list[Release]
    left: Mapping[str, int] = field(default_factory=dict)
    others: list[Release] = field(default_factory=list)
    pause: Pause | None = None
    held: int = 0
    grows: bool = False
    obstacles: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many are touched in all: the one number that is shown before, and told after."""
        return len(self.touched) + self.held

    @property
    def in_vain(self) -> int:
        """How many of them stopped for what a resume does not mend."""
        stopped = (one.problem for one in self.touched if one.status in STOPPED)
        return sum(problem is not None and not helps(problem.remedy) for problem in stopped)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be done."""
        return not self.touched and self.pause is None

    @property
    def newest(self) -> list[Release]:
        """Those that are named, the newest first."""
        return sorted(self.touched, key=lambda release: release.created_at, reverse=True)[:NAMED]

    @property
    def why(self) -> str:
        """Which pause was shown: another one may be on when somebody says that it ends."""
        return "" if self.pause is None else hashlib.sha256(self.pause.errmsg.encode()).hexdigest()[:16]


def preview(services: Services, target: Target) -> Preview:
    """Look what the act would touch now; raises UnknownRelease and UnknownWave."""
    at = services.now()
    if target.scope is not None:
        return _of_platform(services, target, at)
    if target.wave is None:
        return _of_named(services, target, at)
    check_wave(services, target.wave)
    return _of_wave(services, target, target.wave, at)


def _of_platform(services: Services, target: Target, at: datetime) -> Preview:
    assert target.scope is not None  # noqa: S101 - what else it can be was looked at
    if target.act is Act.PAUSE:
        return Preview(at=at, touched=[])
    held = services.orders.held_by_platform([target.scope])
    return Preview(at=at, touched=held, pause=services.pauses.current(target.scope), grows=True)


def _of_named(services: Services, target: Target, at: datetime) -> Preview:
    touched, others = list[Release](), list[Release]()
    for release_id, stored in zip(target.releases, services.store.get_many(target.releases), strict=True):
        if stored is None:
            raise UnknownRelease(release_id)
        (touched if _would(services, target.act, stored.release) else others).append(stored.release)
    pause, held = _ended_with(services, touched) if target.act is Act.RESUME else (None, 0)
    return Preview(
        at=at,
        touched=touched,
        left=Counter(str(release.status) for release in others),
        others=others,
        pause=pause,
        held=held,
        obstacles=_obstacles(services, target, touched),
    )


def _ended_with(services: Services, releases: Iterable[Release]) -> tuple[Pause | None, int]:
    """The platform's pause that ends when these are resumed, and how many others it holds."""
    ids = {release.id for release in releases}
    for scope in Scope:
        pause = services.pauses.current(scope)
        if pause is None or pause.by_hand:
            continue
        held = {release.id for release in services.orders.held_by_platform([scope])}
        if held & ids:
            return pause, len(held - ids)
    return None, 0


def _of_wave(services: Services, target: Target, wave: str, at: datetime) -> Preview:
    if target.act is Act.RESUME:
        touched = services.orders.stopped_in(wave, target.picks, target.halves)
    else:
        touched = [one for one in _in(services, target, wave) if _would(services, target.act, one)]
    stopped = [
        half for half in target.halves if target.act is Act.RESUME and services.waves.is_stopped(wave, half)
    ]
    states = [services.waves.state(wave, half) for half in stopped]
    held = sum(state.held for state in states)
    return Preview(
        at=at,
        touched=touched,
        left=_left(services, target, wave, touched, held),
        pause=states[0].pause if states else None,
        held=held,
        grows=target.act in STOPS or (target.act is Act.REVERT and _goes_live(services, wave)),
        obstacles=_obstacles(services, target, touched),
    )


def _left(
    services: Services, target: Target, wave: str, touched: Iterable[Release], held: int
) -> Mapping[str, int]:
    """What stays as it is of the wave, or of its publications where these alone are resumed."""
    if target.act is Act.RESUME and target.is_live:
        counts, stands = services.store.tally(LIVE.counts(wave)).counts, [one.status for one in touched]
    else:
        counts, stands = services.store.wave_tally(wave).counts, [one.counted for one in touched]
    return Counter(counts) - Counter(map(str, stands)) - Counter({str(Status.WAITING): held})


def _in(services: Services, target: Target, wave: str) -> Iterator[Release]:
    for status in _STATUSES[target.act]:
        yield from services.store.find(wave=wave, status=status)


def _goes_live(services: Services, wave: str) -> bool:
    """Whether some of it are being published: each that is live meanwhile is to be taken back as well."""
    counts = services.store.tally(LIVE.counts(wave)).counts
    return any(counts[status] for status in GOING_ON)


def _would(services: Services, act: Act, release: Release) -> bool:
    """Whether the act would change a release as it stands."""
    try:
        match act:
            case Act.RESUME:
                return services.releases.would("resume", release)
            case Act.CANCEL:
                return release.is_moving and services.releases.would("cancel", release)
            case Act.GIVE_UP:
                return not release.is_moving and services.releases.would("cancel", release)
            case Act.LOOK:
                return release.status is Status.SUBMITTED
            case _:
                return services.publications.would(_ORDERS[act], release)
    except ReleaseConflict:
        return False


def _obstacles(services: Services, target: Target, releases: Iterable[Release]) -> Mapping[str, int]:
    """What stands in the way of those that would be published, each once with how many it stops."""
    if target.act not in (Act.PLAN, Act.PUBLISH):
        return {}
    pool = services.preflight.kept_hosts()
    plans = [by_record(release, services.wanted, pool) for release in releases]
    return dict(Counter(said for plan in plans for said in (*plan.obstacles, *plan.unknown)).most_common())
