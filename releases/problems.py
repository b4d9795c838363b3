"""How a step says that only a person can help, and how problems are put into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from releases import remedies
from releases.record import Problem
from releases.states import Step
from wechat.errcodes.row import GOES_ON
from wechat.errcodes.table import verdict_of
from wechat.errors import (
    AuthorizationPending,
    NotAuthorized,
    NotLent,
    OwnerAway,
    RateLimited,
    Refused,
    TicketMissing,
    Unreadable,
    WeChatError,
)
from wechat.http.deadline import DeadlineExceeded
from wechat.tokens.slots import COMPONENT


@dataclass(eq=False, kw_only=True)
class StepBlocked(Exception):
    """The step can't go on without a person."""

    errmsg: str
    remedy: str
    errcode: int | None = None
    rid: str | None = None
    domains: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.errmsg

    def problem(self, step: Step) -> Problem:
        """As the record keeps it."""
        return Problem(step=step, **vars(self))


@dataclass(eq=False)
class NotShownYet(Exception):
    """WeChat does not show what it has or may have done: it is asked again, and only then believed.

    `budget` names the counter in the release's progress that an attempt uses up, `tries` how many there are (None: as many as of
    failures); then it is what `blocked` says.
    """

    blocked: StepBlocked
    budget: Literal["failures", "unfound", "unshown", "unadded", "lates"]
    tries: int | None = None

    def __str__(self) -> str:
        return str(self.blocked)


@dataclass(eq=False)
class Undone(Exception):
    """What this earlier step did does not hold any more, and it is to be done again; `why` and `facts` are for the record."""

    step: Step
    why: str
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.why


def remedy_of(errcode: int) -> str:
    """What the operator should do."""
    return verdict_of(errcode).remedy


def going_on(problem: Problem) -> Problem:
    """The same problem for a release that waits and goes on by itself, at its `next_attempt_at`."""
    if problem.remedy.startswith(GOES_ON):
        return problem
    waiting = "" if problem.errcode is None else verdict_of(problem.errcode).waiting
    return problem.model_copy(update={"remedy": waiting or remedies.ASKS_AGAIN()})


def without_hint(problem: Problem) -> str:
    """Without the hint and the rid, which differ for each call: what stands in the way of many is counted as one."""
    return problem.coded.partition(" hint:")[0]


def describe(error: WeChatError | DeadlineExceeded, step: Step) -> Problem:
    """Put an error of the client into a problem for the record."""
    if isinstance(error, Refused):
        said = {"errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid}
        return Problem(step=step, **said, remedy=remedy_of(error.errcode))
    errmsg = "the step's deadline passed" if isinstance(error, DeadlineExceeded) else str(error)
    match error:
        case TicketMissing():
            remedy = remedies.TICKET_MISSING()
        case AuthorizationPending():
            remedy = remedies.AUTHORIZATION_PENDING()
        case NotAuthorized():
            remedy = remedies.NOT_AUTHORIZED(appid=error.appid)
        case NotLent(slot=slot) if slot == COMPONENT:
            remedy = remedies.COMPONENT_NOT_LENT()
        case NotLent():
            remedy = remedies.NOT_LENT(appid=error.slot)
        case OwnerAway():
            remedy = remedies.OWNER_AWAY()
        case Unreadable():
            remedy = remedies.UNREADABLE()
        case RateLimited():
            remedy = remedies.RATE_LIMITED()
        case _:
            remedy = remedies.UNANSWERED()
    return Problem(step=step, errmsg=errmsg, remedy=remedy)
