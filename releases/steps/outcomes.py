"""How a step's work ends, and what comes after a step: values that say it, for whoever goes on from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from releases.record import Release
from releases.second_half import Review
from releases.states import Status
from releases.steps.attempt import Attempt
from releases.steps.calls import MiniProgramCalls
from releases.store.leases import Busy
from wechat.http.deadline import Deadline


@dataclass(frozen=True, slots=True)
class Done:
    """The work of a step is done; `what` is for the history."""

    what: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The release is under audit."""

    auditid: int
    what: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The audit was read; `what` is for the history, if anything is new."""

    review: Review
    what: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The release is in the shop, with all its domains, or was taken back."""

    status: Literal[Status.LIVE, Status.REVERTED]
    what: str


#: How the work of a step ends.
Outcome = Done | Submitted | Reviewed | Arrived


@dataclass(frozen=True, slots=True)
class Run:
    """What a message has once its release may be worked on: the lease, with the record, until the deadline.

    `may_run_on` says whether a further step may run on this lease, as far as the process is concerned.
    """

    appid: str
    attempt: Attempt
    mini_program: MiniProgramCalls
    deadline: Deadline
    may_run_on: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Next:
    """The release goes on with the step that it is at now: on this lease (`run`), or by a message of its own.

    `because` says why that is an earlier step.
    """

    release: Release
    run: Run | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Waits:
    """The release waits; when its time has come, another message does."""

    release: Release


@dataclass(frozen=True, slots=True)
class Looked:
    """The release is under audit as before, or not any more; nobody waits for the result of a look."""

    release: Release


@dataclass(frozen=True, slots=True)
class Rests:
    """The release has come to rest, now or before: its result follows from the record."""

    release: Release


@dataclass(frozen=True, slots=True)
class Dropped:
    """There was nothing to do."""


End = Next | Waits | Looked | Rests | Dropped | Busy
