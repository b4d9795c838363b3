"""The release record: what a release is and how far it got. A value; the store writes it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from releases.errors import ReleaseBlocked, ReleaseCancelled, ReleaseFailed
from releases.request import ReleaseRequest
from releases.scope import wave_scope
from releases.states import ACTIVE, Status, Step

#: The history keeps so many entries.
MAX_HISTORY = 40
#: Longest name of who did something, and longest reason, in characters.
MAX_REASON = 200
#: The fields of a request that make up its payload: a repetition has to have the same ones.
PAYLOAD = ("user_desc", "ext", "audit", "wave", "domains")
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

    def arguments(self) -> tuple[Any, ...]:
        """The fields in the order in which ReleaseBlocked and ReleaseFailed take them."""
        return (str(self.step), self.errcode, self.errmsg, self.rid, self.domains, self.remedy)


class Door(StrEnum):
    """Where somebody came in who asked for a change. A key has been checked; the others are claims."""

    KEY = "key"
    CLI = "cli"
    CELERY = "celery"


class By(_Value):
    """Who asked for a change (`DOOR:NAME`), and why, as far as they said. Each is one line, see `is_reason`."""

    actor: str | None = None
    reason: str | None = None

    @classmethod
    def through(cls, door: Door, name: str | None, reason: str | None = None) -> Self:
        """Whoever came in there under a name: the door stands before it, so that nobody can pass for another's."""
        return cls(actor=None if name is None else f"{door}:{name}", reason=reason)


def is_reason(text: str) -> bool:
    """Whether a text may stand in a history as who did something, or why: on one line, and not too long for it."""
    return len(text) <= MAX_REASON and text.isprintable()


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
    unshown, unadded: how often domains were not shown after an `add` that was taken, or that had nothing to add.
    resumed: the next attempt is the first after a resume.
    held: the scope of the pause that it waits for.
    passes: the pause of its wave does not hold it: it is of the canary, or a person let it go on by itself.
    cancelled_because: the reason that was given.
    superseded: the id of the release that this one superseded.
    left_wave: another release of its wave superseded it, so that it does not count in the wave any more.
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
    resumed: bool = False
    held: str = ""
    passes: bool = False
    cancelled_because: str = ""
    superseded: str = ""
    left_wave: bool = False

    def fresh(self, *, resumed: bool = False) -> Self:
        """The same facts with unused budgets; a resume allows one more commit as well."""
        budgets = dict.fromkeys(("failures", "scans", "unknowns", "unfound", "unshown", "unadded"), 0)
        foreign = "" if resumed else self.foreign
        return self.model_copy(update={**budgets, "held": "", "foreign": foreign, "resumed": resumed})


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
    template_id: int
    user_version: str
    user_desc: str
    ext: dict[str, Any]
    audit: dict[str, Any]
    wave: str | None = None
    domains: dict[str, list[str]] | None = None
    step: Step
    status: Status
    attempts: dict[str, int] = {}
    auditid: int | None = None
    block: Problem | None = None
    failure: Problem | None = None
    wait: Problem | None = None
    urgent: bool = False
    label: str | None = None
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
            **request.model_dump(exclude={"supersede", "again"}),
            step=Step.ENSURE_DOMAINS,
            status=Status.QUEUED,
            created_at=now,
            updated_at=now,
            history=(Event(time=now, step=None, what="enqueued", by=by.actor, reason=by.reason),),
        )

    @property
    def is_active(self) -> bool:
        """Whether it keeps its Mini Program from taking another release."""
        return self.status in ACTIVE

    @property
    def identity(self) -> str:
        """Which version of which template: enqueueing the same again is a repetition."""
        return identity(self)

    def passes(self, scope: str) -> bool:
        """Whether a pause of this scope does not hold it."""
        return self.progress.passes and self.wave is not None and scope == wave_scope(self.wave)

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

    def changed(self, what: str, now: datetime, by: By = NOBODY, **fields: Any) -> Self:
        """This release after something happened to it; the history tells what, and who wanted it."""
        happened = Event(time=now, step=self.step, what=what, by=by.actor, reason=by.reason)
        earlier = self.history
        if by == NOBODY and earlier and earlier[-1].model_copy(update={"time": now}) == happened:
            earlier = earlier[:-1]
        history = (*_shortened(earlier, MAX_HISTORY - 1), happened)
        return self.model_copy(update={"updated_at": now, "history": history, **fields})

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
        """What a waiting one waits for: the scope of a pause (`wave` for its own wave's), or an errcode; else empty."""
        if self.status is not Status.WAITING:
            return ""
        held = self.progress.held
        if held:
            return "wave" if self.wave is not None and held == wave_scope(self.wave) else held
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


def task_id(release_id: str, step: Step) -> str:
    """Return the Celery task id of a release's step: the release id for the last one, so that it is a handle for the whole."""
    return release_id if step.next is None else f"{release_id}:{step}"


def release_of(task_id: str) -> str:
    """Return the id of the release that a step's task belongs to."""
    return task_id.partition(":")[0]


def counts(statuses: Mapping[str, int]) -> dict[str, int]:
    """A number for each status, in their order."""
    return {str(status): statuses.get(status, 0) for status in Status}
