"""The release record: what a release is and how far it got. A value; the store writes it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict

from releases.doors import Door
from releases.errors import ReleaseBlocked, ReleaseCancelled, ReleaseFailed
from releases.scope import live_scope, scopes_of_wave, wave_scope
from releases.second_half import Publication, Review
from releases.states import ACTIVE, TO_AUDIT, Status, Step

if TYPE_CHECKING:  # whoever only reads releases checks no request, and starts sooner
    from releases.request import ReleaseRequest

#: The history keeps so many entries.
MAX_HISTORY = 40
#: The fields of a request that make up its payload: a repetition has to have the same ones.
PAYLOAD = ("user_desc", "ext", "audit", "wave", "domains", "publish")
#: Of what the steps remember, what is kept when their work is done; and what is needed to submit the same code once more.
_OUTLIVES = ("superseded", "orders", "messages")
COMMITTED = ("commit_at", "committed_at", "exp_time")
#: What the record keeps of a request, all in all.
_REQUESTED = ("appid", "label", "template_id", "user_version", *PAYLOAD, "urgent")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Problem(_Value):
    """Why a release stands still: a block, a failure, or what a waiting one waits for."""

    step: Step
    errcode: int | None = None
    errmsg: str
    rid: str | None = None
    domains: dict[str, list[str]] = {}
    remedy: str

    @property
    def message(self) -> str:
        """What WeChat said, without the rid at its end: that differs for each call."""
        return self.errmsg.partition(" rid")[0]

    @property
    def coded(self) -> str:
        """Its errcode, if it has one, and the message."""
        return self.message if self.errcode is None else f"{self.errcode} {self.message}"

    @property
    def named(self) -> list[str]:
        """The domains that it names, each once."""
        return list(dict.fromkeys(domain for listed in self.domains.values() for domain in listed))

    def at(self, step: Step) -> Problem:
        """The problem alone, of what may be more, as one of a release at this step."""
        return Problem(**{name: getattr(self, name) for name in Problem.model_fields} | {"step": step})

    def arguments(self) -> tuple[Any, ...]:
        """The fields in the order in which ReleaseBlocked and ReleaseFailed take them."""
        return (str(self.step), self.errcode, self.errmsg, self.rid, self.domains, self.remedy)


class By(_Value):
    """Who asked for a change (`DOOR:NAME`), and why, as far as they said. Each is one line, see `is_reason`."""

    actor: str | None = None
    reason: str | None = None

    @classmethod
    def through(cls, door: Door, name: str | None, reason: str | None = None) -> Self:
        """Whoever came in there under a name: the door stands before it, so that nobody can pass for another's."""
        return cls(actor=None if name is None else f"{door}:{name}", reason=reason)


#: Nobody who is known.
NOBODY = By()


class Event(_Value):
    """One line of the history; where somebody asked for it, who and why."""

    time: datetime
    step: Step | None
    what: str
    by: str | None = None
    reason: str | None = None


def _shortened(history: tuple[Event, ...], most: int) -> tuple[Event, ...]:
    """Without the oldest that nobody asked for; what somebody did is dropped last."""
    while len(history) > most:
        dropped = next((at for at, event in enumerate(history) if event.by is None), 0)
        history = history[:dropped] + history[dropped + 1 :]
    return history


class Progress(_Value):
    """What the steps have to remember between two attempts. Not part of the contract.

    commit_at, submit_at: when the call was first intended, by WeChat's clock; set before the call goes
    out, so that whoever comes next knows that it has to ask first.
    submit_since: when the code of the first submission that was not answered was committed; its audit is not older.
    committed_at: the latest that WeChat can have dated the commit, by its clock; none if it was not answered.
    seen_under: the number of the lease under which WeChat said last that the trial version is ours.
    foreign: what has taken our trial version's place, so that it was committed once more.
    exp_time: the time that WeChat showed right after that commit: ours is what has exactly this one.
    domains_at: when the domains were confirmed last, by Redis' clock.
    failures, scans, unknowns: the budgets used up by the current step.
    unfound: how often an unanswered submission's audit was asked for and not found.
    lates, late_since: how often, and since when by Redis' clock, WeChat did not show what it must have done.
    unshown, unadded: how often domains were not shown after an `add` that was taken, or that had nothing to add.
    held: the scope of the pause that it waits for.
    passes: no pause of its wave holds it: it is of the first half's canary, or a person let it go on by itself.
    canary: it is of the canary of its wave's publications, for which alone the others wait.
    cancelled_because: the reason that was given.
    supersedes, withdraws: what its request allows to be done with an older release that stands in its way.
    superseded: the id of the release that this one superseded.
    left_wave: another release of its wave superseded it, so that it does not count in the wave any more.
    behind: the id of the older release that it waits for.
    withdraw: that the audit is to be withdrawn: `asked`, or the id of the newer release for which.
    withdraw_at, publish_at, revert_at: when the call was first intended, by WeChat's clock, as `commit_at` above.
    revert_to: the version that the revert goes back to, by WeChat's number of it.
    orders: how often it was ordered to go live.
    not_before: when the release, or its publication, may begin at the earliest, by Redis' clock.
    timed: it waits for the time at which it may begin.
    mend: the domains are to be ensured before it is published or verified again: a person resumed it.
    ended_audit: the audit that was rejected or withdrawn before it is submitted once more.
    messages: the ids of the messages by name that have changed it, the newest last.
    """

    commit_at: float | None = None
    committed_at: float | None = None
    submit_at: float | None = None
    submit_since: float | None = None
    seen_under: int | None = None
    foreign: str = ""
    exp_time: float | None = None
    domains_at: float | None = None
    failures: int = 0
    scans: int = 0
    unknowns: int = 0
    unfound: int = 0
    unshown: int = 0
    unadded: int = 0
    lates: int = 0
    held: str = ""
    passes: bool = False
    canary: bool = False
    cancelled_because: str = ""
    supersedes: bool = False
    withdraws: bool = False
    superseded: str = ""
    left_wave: bool = False
    behind: str = ""
    withdraw: str = ""
    withdraw_at: float | None = None
    orders: int = 0
    not_before: float | None = None
    timed: bool = False
    publish_at: float | None = None
    late_since: float | None = None
    mend: bool = False
    ended_audit: int | None = None
    messages: tuple[str, ...] = ()
    revert_to: int | None = None
    revert_at: float | None = None

    def fresh(self, *, resumed: bool = False, **facts: Any) -> Self:
        """The same and other facts with unused budgets; a resume allows one more commit as well, and waits for no time."""
        budgets: dict[str, Any] = dict.fromkeys(
            ("failures", "scans", "unknowns", "unfound", "unshown", "unadded", "lates"), 0
        )
        cleared = {
            **budgets,
            "held": "",
            "behind": "",
            "late_since": None,
            "timed": False,
        }
        if resumed:
            cleared |= {"foreign": "", "not_before": None if self.timed else self.not_before}
        return self.model_copy(update=cleared | facts)

    def kept(self, *also: str, **facts: Any) -> Self:
        """What outlives the steps' work; what else they had to remember is needed no more, and each record is kept for good."""
        return type(self)(**{name: getattr(self, name) for name in (*_OUTLIVES, *also)}, **facts)


def _as_json(value: Any) -> str:
    """For comparing as JSON does: 1 is not true there, and the order of names does not count."""
    return json.dumps(value, sort_keys=True)


def identity(of: ReleaseRequest | Release) -> str:
    """Which version of which template."""
    return f"{of.template_id}:{of.user_version}"


class Release(_Value):
    """One version to one Mini Program. The fields up to `history` are the contract's."""

    id: str
    appid: str
    label: str | None = None
    template_id: int
    user_version: str
    user_desc: str
    ext: dict[str, Any]
    audit: dict[str, Any]
    wave: str | None = None
    domains: dict[str, list[str]] | None = None
    urgent: bool = False
    publish: str = "manual"
    step: Step
    status: Status
    attempts: dict[str, int] = {}
    auditid: int | None = None
    block: Problem | None = None
    failure: Problem | None = None
    wait: Problem | None = None
    review: Review | None = None
    publication: Publication | None = None
    next_attempt_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    history: tuple[Event, ...] = ()
    progress: Progress = Progress()

    @classmethod
    def of(
        cls, request: ReleaseRequest, now: datetime, release_id: str | None = None, by: By = NOBODY
    ) -> Self:
        """A new release, queued at its first step."""
        return cls(
            id=release_id or uuid.uuid4().hex,
            **request.model_dump(exclude={"supersede", "withdraw", "again", "at"}),
            progress=Progress(supersedes=request.supersede, withdraws=request.withdraw),
            step=Step.ENSURE_DOMAINS,
            status=Status.QUEUED,
            created_at=now,
            updated_at=now,
            history=(Event(time=now, step=None, what="enqueued", by=by.actor, reason=by.reason),),
        )

    @property
    def is_active(self) -> bool:
        """Whether it is on its way to the audit: then its Mini Program takes no other release."""
        return self.status in ACTIVE and self.step in TO_AUDIT

    @property
    def is_moving(self) -> bool:
        """Whether it is at a step, or was stopped there: on its way to the audit, to the shop, or back."""
        return self.status in ACTIVE

    @property
    def message_step(self) -> Step:
        """The step whose message it gets next: one under audit stands at the submission, and is looked at."""
        return Step.WATCH_AUDIT if self.status is Status.SUBMITTED else self.step

    @property
    def role(self) -> str:
        """What it is to its Mini Program, which has one of each: see `releases.store.keys.mini_program`."""
        if self.is_active:
            return "active"
        if self.status in (Status.SUBMITTED, Status.APPROVED):
            return "ahead"
        if self.status is Status.LIVE:
            return "live"
        if self.status not in ACTIVE:
            return ""
        if self.step is not Step.REVERT:
            return "ahead"
        # One that was never seen to be well has not taken the place of the one before it.
        return "live" if self.publication is None or self.publication.verified_at is not None else ""

    @property
    def counted(self) -> Status:
        """As what its wave's first half counts it, which is done at the submission."""
        if self.status not in ACTIVE or self.step in TO_AUDIT:
            return self.status
        return Status.LIVE if self.step is Step.REVERT else Status.APPROVED

    @property
    def publication_id(self) -> str:
        """The handle of the second chain; each order has its own. Empty where there was none."""
        orders = self.progress.orders
        return self.publication_of(orders) if orders else ""

    def publication_of(self, order: int) -> str:
        """The handle of its first, second … order."""
        return f"{self.id}.live{order if order > 1 else ''}"

    @property
    def identity(self) -> str:
        """Which version of which template: enqueueing the same again is a repetition."""
        return identity(self)

    def passes(self, scope: str) -> bool:
        """Whether no pause of this scope holds it. A brake holds a canary's publications too, unless one may have been sent."""
        wave = self.wave
        if wave is not None and scope == live_scope(wave):
            return self.progress.passes or self.progress.publish_at is not None
        return wave is not None and scope == wave_scope(wave) and self.progress.passes

    def progressed(self, **facts: Any) -> Self:
        """This release, with other facts among what the steps have to remember."""
        return self.model_copy(update={"progress": self.progress.model_copy(update=facts)})

    def differing(self, request: ReleaseRequest) -> list[str]:
        """The payload fields in which a repetition differs."""
        return self._different(PAYLOAD, request)

    def unlike(self, request: ReleaseRequest) -> list[str]:
        """The fields that show that it was made by another request."""
        return self._different(_REQUESTED, request)

    def _different(self, names: Iterable[str], request: ReleaseRequest) -> list[str]:
        return [name for name in names if _as_json(getattr(self, name)) != _as_json(getattr(request, name))]

    def changed(
        self, what: str, now: datetime, by: By = NOBODY, at: Step | None = None, **fields: Any
    ) -> Self:
        """This release after something happened to it, `at` its step or another; the history tells what, and who wanted it."""
        happened = Event(time=now, step=at or self.step, what=what, by=by.actor, reason=by.reason)
        earlier = self.history
        if by == NOBODY and earlier and earlier[-1].model_copy(update={"time": now}) == happened:
            earlier = earlier[:-1]
        history = (*_shortened(earlier, MAX_HISTORY - 1), happened)
        return self.model_copy(update={"updated_at": now, "history": history, **fields})

    def put_off(self, why: Problem, now: datetime, *, until: datetime | None = None, held: str = "") -> Self:
        """This release while it waits to begin: for a time, or for the end of the pause of a scope."""
        return self.changed(
            f"waiting: {why.errmsg}",
            now,
            status=Status.WAITING,
            wait=why.at(self.step),
            next_attempt_at=until,
            progress=self.progress.model_copy(update={"held": held, "timed": not held}),
        )

    @property
    def problem(self) -> Problem | None:
        """Why it stands still, if it does: its block, its failure, or what it waits for."""
        return self.block or self.failure or self.wait

    @property
    def cause(self) -> str:
        """Why it is blocked or failed, as `STATUS STEP ERRCODE` (`-` where there is none); else empty."""
        problem = {Status.BLOCKED: self.block, Status.FAILED: self.failure}.get(self.status)
        if problem is None:
            return ""
        return f"{self.status} {problem.step} {'-' if problem.errcode is None else problem.errcode}"

    @property
    def waits_for(self) -> str:
        """What a waiting one waits for: the scope of a pause (`wave` for its own wave's), its `time`, an `older` release, or an errcode; else empty."""
        if self.status is not Status.WAITING:
            return ""
        held = self.progress.held
        if held:
            of_wave = () if self.wave is None else scopes_of_wave(self.wave)
            return "wave" if held in of_wave else held
        if self.progress.timed:
            return "time"
        if self.progress.behind:
            return "older"
        return "" if self.wait is None or self.wait.errcode is None else str(self.wait.errcode)

    def told(self, step: Step) -> str:
        """What the history says of a step, the newest."""
        return next((event.what for event in reversed(self.history) if event.step is step), "")

    def error(self) -> ReleaseBlocked | ReleaseFailed | ReleaseCancelled:
        """What a blocked, failed or cancelled release raises."""
        if self.status is Status.CANCELLED:
            return ReleaseCancelled(self.id, self.progress.cancelled_because)
        if self.block is not None:
            return ReleaseBlocked(*self.block.arguments())
        if self.failure is not None:
            return ReleaseFailed(*self.failure.arguments())
        raise ValueError(f"release {self.id} is {self.status}")

    def public(self) -> dict[str, Any]:
        """The contract's fields, as JSON."""
        return self.model_dump(mode="json", exclude={"progress"})


def counts(statuses: Mapping[str, int]) -> dict[str, int]:
    """A number for each status, in their order."""
    return {str(status): statuses.get(status, 0) for status in Status}
