"""How a wave stands: counts, speed, estimated end, and why releases stand still, each cause once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Self

from releases.reading import Reader
from releases.record import Problem, Release
from releases.scope import Scope
from releases.selection import Selection
from releases.states import ACTIVE, AT_REST, GOING_ON, Status
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.store.tally import WaveTally
from releases.waves.audit_quota import AuditQuotas, Fit
from releases.waves.brake import WavePolicy
from releases.waves.halves import FIRST, HALVES, LIVE, Half
from releases.waves.standing import Hold, State, holds_of, in_force, stands_still, state_of
from releases.waves.waves import Waves

_ELLIPSIS = "…"
#: The speed is that of the last so many minutes.
SPEED_OVER_MIN = 5
#: Where none ended in so many minutes, this one and those before it, there is no speed: something keeps it from moving.
MOVED_WITHIN_MIN = 2
#: There is none either where none has ended for so many seconds, and for so many times what lately passed from one to the next.
QUIET_S = 10.0
QUIET_GAPS = 5
#: Fewer than so many ends, in less than a minute, say nothing about the speed.
FEW_ENDS = 5
#: A release is overdue whose time passed so many seconds ago: workers look twice a second.
OVERDUE_S = 10.0
#: What can stand still for a reason.
_STANDING = (Status.BLOCKED, Status.FAILED, Status.WAITING)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why releases stand still, and how many do for it. In the problem an ellipsis stands for what differs among them.

    `next_attempt_at` is when the first of them goes on by itself.
    """

    status: Status
    problem: Problem
    releases: int
    next_attempt_at: datetime | None = None

    def public(self) -> dict[str, Any]:
        """As JSON."""
        fields = self.problem.model_dump(mode="json", exclude={"rid"})
        first = None if self.next_attempt_at is None else f"{self.next_attempt_at:%Y-%m-%dT%H:%M:%SZ}"
        return {
            "status": str(self.status),
            **fields,
            "releases": self.releases,
            "next_attempt_at": first,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationReport:
    """How those of a wave's releases stand that were ordered to go live."""

    counts: dict[str, int]
    policy: WavePolicy | None
    pause: Pause | None
    holds: tuple[Hold, ...]

    @property
    def ordered(self) -> int:
        """How many were ordered."""
        return sum(self.counts.values())

    @property
    def state(self) -> State:
        """How they stand, in a word."""
        return state_of(self.counts, self.pause)

    @property
    def stands_still(self) -> bool:
        """Whether nothing goes on by itself any more; also where a person is asked after a canary."""
        asks = self.pause is not None and self.pause.asks and self.state is State.CANARY
        return stands_still(self.counts, State.BRAKED if asks else self.state, self.holds)

    @property
    def needs_workers(self) -> bool:
        """Whether some of them would go on now if workers did."""
        return _needs_workers(self.counts, self.holds)

    def public(self) -> dict[str, Any]:
        """As JSON."""
        policy = self.policy
        return {
            "state": str(self.state),
            "ordered": self.ordered,
            "counts": self.counts,
            "canary": policy.canary if policy else 0,
            "max_blocked": policy.max_blocked if policy else None,
            "reason": "; ".join(map(str, self.holds)) or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveReport:
    """A wave at one moment; `per_minute` counts releases that came to rest, by the clock of the workers.

    `overdue`: how many are due and nobody takes them, although workers look twice a second. `workers_answer` is None where
    they were not asked.
    """

    name: str
    counts: dict[str, int]
    policy: WavePolicy | None
    pause: Pause | None
    holds: tuple[Hold, ...]
    per_minute: float
    estimated_end: datetime | None
    fit: Fit | None
    overdue: int = 0
    workers_answer: bool | None = None
    publication: PublicationReport | None = None

    @property
    def total(self) -> int:
        """How many releases the wave has."""
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        """How many are at rest."""
        return sum(self.counts[status] for status in AT_REST)

    @property
    def state(self) -> State:
        """How it stands, in a word."""
        return state_of(self.counts, self.pause)

    @property
    def moving(self) -> int:
        """How many are at a step of either half, or were stopped there: for these a cancel of the wave is."""
        halves = [self.counts, *([self.publication.counts] if self.publication else [])]
        return sum(counts[status] for counts in halves for status in ACTIVE)

    @property
    def stands_still(self) -> bool:
        """Whether nothing goes on any more: all are at rest, or it is braked and the others are held."""
        return stands_still(self.counts, self.state, self.holds)

    @property
    def needs_workers(self) -> bool:
        """Whether some of it, of either half, would go on now if workers did."""
        published = self.publication is not None and self.publication.needs_workers
        return bool(self.overdue) or _needs_workers(self.counts, self.holds) or published

    def asked(self, *, workers_answer: bool) -> Self:
        """The same once the workers have been asked: without them nothing has a speed, or an end that can be told."""
        if workers_answer:
            return replace(self, workers_answer=True)
        return replace(self, workers_answer=False, per_minute=0.0, estimated_end=None)

    def document(self, found: Iterable[Cause]) -> dict[str, Any]:
        """As JSON, with the causes for which its releases stand still."""
        return {**self.public(), "causes": [cause.public() for cause in found]}

    def public(self) -> dict[str, Any]:
        """As JSON."""
        pause, policy = self.pause, self.policy
        return {
            "wave": self.name,
            "state": str(self.state),
            "reason": "; ".join(map(str, self.holds)) or None,
            "total": self.total,
            "counts": self.counts,
            "per_minute": round(self.per_minute, 1),
            "estimated_end": None
            if self.estimated_end is None
            else f"{self.estimated_end:%Y-%m-%dT%H:%M:%SZ}",
            "overdue": self.overdue,
            "workers_answer": self.workers_answer,
            "held_back": self.holds[0].releases if pause else 0,
            "stopped": None if pause is None else {"why": pause.errmsg, "remedy": pause.remedy},
            "canary": policy.canary if policy else 0,
            "max_blocked": policy.max_blocked if policy else None,
            "audit_quota": None if self.fit is None else self.fit.public(),
            "publication": None if self.publication is None else self.publication.public(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveReports:
    """Looks at waves. Safe to use from many threads."""

    store: ReleaseStore
    waves: Waves
    pauses: Pauses
    audit_quotas: AuditQuotas
    now: Callable[[], datetime]

    def of(self, name: str) -> WaveReport:
        """How the wave stands; costs the same however many releases it has."""
        now = self.now()
        tally, standing = self.store.wave_tally(name), self.waves.state(name)
        going_on = sum(tally.counts[status] for status in GOING_ON)
        pause = in_force(tally.counts, standing.pause)
        platforms = ((scope, self.pauses.current(scope)) for scope in Scope) if going_on else ()
        holds = holds_of(tally, pause, {scope: on for scope, on in platforms if on is not None})
        still = stands_still(tally.counts, state_of(tally.counts, pause), holds)
        publication = self._publication(name)
        moves = going_on or (publication is not None and publication.state is not State.OVER)
        per_minute = 0.0 if still else _per_minute(self.store, name, now)
        # While something holds releases back, or all of them wait, what has ended does not say when the others will.
        is_known = per_minute > 0 and going_on > tally.counts[Status.WAITING] and not holds
        return WaveReport(
            name=name,
            counts=tally.counts,
            policy=standing.policy,
            pause=pause,
            holds=holds,
            per_minute=per_minute,
            estimated_end=now + timedelta(minutes=going_on / per_minute) if is_known else None,
            fit=self.audit_quotas.fit(going_on),
            overdue=len(self.store.overdue(now - timedelta(seconds=OVERDUE_S), name)) if moves else 0,
            publication=publication,
        )

    def all_of(self, names: Sequence[str]) -> list[WaveReport]:
        """How many waves stand; of those in which nothing goes on only what is counted, which is read in one go for all."""
        tallies = self.store.tallies(half.counts(name) for name in names for half in HALVES)
        return [
            self.of(name) if first.going_on + second.going_on else _at_rest(name, first, second)
            for name, first, second in zip(names, tallies[::2], tallies[1::2], strict=True)
        ]

    def _publication(self, name: str) -> PublicationReport | None:
        tally = self.store.tally(LIVE.counts(name))
        if not sum(tally.counts.values()):
            return None
        standing = self.waves.state(name, LIVE)
        pause = in_force(tally.counts, standing.pause)
        platforms = self.pauses.current(Scope.ALL) if tally.going_on else None
        return PublicationReport(
            counts=tally.counts,
            policy=standing.policy,
            pause=pause,
            holds=holds_of(tally, pause, {} if platforms is None else {Scope.ALL: platforms}),
        )


def _at_rest(name: str, first: WaveTally, second: WaveTally) -> WaveReport:
    nothing: Any = {"policy": None, "pause": None, "holds": ()}
    ordered = PublicationReport(counts=second.counts, **nothing) if any(second.counts.values()) else None
    return WaveReport(
        name=name,
        counts=first.counts,
        per_minute=0.0,
        estimated_end=None,
        fit=None,
        publication=ordered,
        **nothing,
    )


def _needs_workers(counts: Mapping[str, int], holds: Iterable[Hold]) -> bool:
    return sum(counts[status] for status in GOING_ON) > sum(hold.releases for hold in holds)


def causes_in(reader: Reader, wave: str, half: Half = FIRST) -> list[Cause]:
    """Why releases of a wave stand still on their way to the audit, or, of the other half, to the shop and back."""
    return causes(_of_half(half, _standing_in(reader, wave, _STANDING)))


def causes_of(reader: Reader, report: WaveReport) -> dict[Half, list[Cause]]:
    """The same of both halves, each record read once; none of those that wait where the report's holds are the cause of all."""
    halves = [half for half in (report, report.publication) if half is not None]
    waiting = sum(half.counts[Status.WAITING] for half in halves)
    told = sum(hold.releases for half in halves for hold in half.holds)
    statuses = [status for status in _STANDING if status in AT_REST or waiting > told]
    found = list(_standing_in(reader, report.name, statuses))
    return {half: causes(_of_half(half, found)) for half in (FIRST, LIVE)}


def _standing_in(reader: Reader, wave: str, statuses: Iterable[Status]) -> Iterator[Release]:
    for status in statuses:
        yield from reader.select(Selection(wave=wave, status=status))


def _of_half(half: Half, releases: Iterable[Release]) -> Iterator[Release]:
    return (release for release in releases if release.is_active is (half is FIRST))


def causes(releases: Iterable[Release]) -> list[Cause]:
    """Group releases by what they stand still for, the most frequent first; of the problem, what theirs have in common."""
    tally: Counter[tuple[str, ...]] = Counter()
    found: dict[tuple[str, ...], tuple[Status, Problem]] = {}
    first: dict[tuple[str, ...], datetime] = {}
    for release in releases:
        problem = release.problem
        if problem is not None:
            alike = _alike(problem, release.appid)
            key = _key(release.status, alike)
            tally[key] += 1
            found[key] = release.status, _common(found[key][1], alike) if key in found else alike
            if release.next_attempt_at is not None:
                first[key] = min(release.next_attempt_at, first.get(key, release.next_attempt_at))
    return [Cause(*found[key], number, first.get(key)) for key, number in tally.most_common()]


def _key(status: Status, problem: Problem) -> tuple[str, ...]:
    """What makes causes one. An errcode says more than its message, in which WeChat gives each call its own hint."""
    why = problem.errmsg if problem.errcode is None else str(problem.errcode)
    return status, problem.step, why, json.dumps(problem.domains, sort_keys=True)


def _alike(problem: Problem, appid: str) -> Problem:
    """A problem as others could have it: without its rid and its appid."""
    said = {"errmsg": problem.message, "remedy": problem.remedy}
    return problem.model_copy(
        update={"rid": None, **{name: text.replace(appid, "APPID") for name, text in said.items()}}
    )


def _common(one: Problem, other: Problem) -> Problem:
    """What both say: nobody is to wait for the audit of one, or read its hint, for what holds the others."""
    said = {
        "errmsg": _same_words(one.message, other.message),
        "remedy": _same_words(one.remedy, other.remedy),
    }
    return one.model_copy(update=said)


def _same_words(one: str, other: str) -> str:
    """The words that stand in both; the first text where these are not the same but for some words."""
    if one == other:
        return one
    pairs = list(zip_longest(one.split(" "), other.split(" ")))
    if any(word is None or its is None for word, its in pairs):
        return one
    return " ".join(word if word == its else _ELLIPSIS + _end_of(word, its) for word, its in pairs)


def _end_of(word: str, other: str) -> str:
    """The mark that ends both."""
    return word[-1] if word[-1:] == other[-1:] and word[-1:] in {",", ".", ":", ")"} else ""


def _per_minute(store: ReleaseStore, name: str, now: datetime) -> float:
    began = store.wave_began(name)
    if began is None:
        return 0.0
    return speed(store.wave_ends(name), began, now, ended_at=store.wave_ended_at(name))


def speed(
    ends: Mapping[int, int], began: datetime, now: datetime, *, ended_at: datetime | None = None
) -> float:
    """Ends per minute lately, from the numbers of the minutes and when the last one was; 0 where it stands still.

    What stood still before the first of them does not count.
    """
    first = int(now.timestamp() // 60) - SPEED_OVER_MIN + 1
    lately = {minute: number for minute, number in ends.items() if minute >= first and number > 0}
    if not lately or max(lately) < first + SPEED_OVER_MIN - MOVED_WITHIN_MIN:
        return 0.0
    since = max(began.timestamp(), min(lately) * 60)
    number, minutes = sum(lately.values()), max(1 / 60, (now.timestamp() - since) / 60)
    if number < FEW_ENDS and minutes < 1:
        return 0.0
    quiet_s = 0.0 if ended_at is None else (now - ended_at).total_seconds()
    return 0.0 if quiet_s > max(QUIET_S, QUIET_GAPS * 60 * minutes / number) else number / minutes
