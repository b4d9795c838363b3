"""The words of the contract: steps, task names, statuses."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property


class Step(StrEnum):
    """The steps, in the order of a release's life."""

    ENSURE_DOMAINS = "ensure_domains"
    COMMIT_CODE = "commit_code"
    SUBMIT_AUDIT = "submit_audit"
    WATCH_AUDIT = "watch_audit"
    PUBLISH = "publish"
    VERIFY_LIVE = "verify_live"
    REVERT = "revert"

    @cached_property
    def task_name(self) -> str:
        """The Celery task that runs it."""
        return f"tasks.{self}"

    @cached_property
    def position(self) -> int:
        """0 for the first."""
        return STEPS.index(self)

    @cached_property
    def chain(self) -> tuple[Step, ...]:
        """The steps that are done one after the other, with this one among them."""
        return next(chain for chain in CHAINS if self in chain)

    @cached_property
    def next(self) -> Step | None:
        """The step after it; None after the last of its chain."""
        after = self.chain[self.chain.index(self) + 1 :]
        return after[0] if after else None


STEPS = tuple(Step)
#: To the audit; the audit's result, looked at again and again; to the shop; and back.
TO_AUDIT = (Step.ENSURE_DOMAINS, Step.COMMIT_CODE, Step.SUBMIT_AUDIT)
TO_LIVE = (Step.PUBLISH, Step.VERIFY_LIVE)
CHAINS = (TO_AUDIT, (Step.WATCH_AUDIT,), TO_LIVE, (Step.REVERT,))


class Status(StrEnum):
    """How a release stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    APPROVED = "approved"
    LIVE = "live"
    REPLACED = "replaced"
    REVERTED = "reverted"


#: At a step, or stopped there.
ACTIVE = frozenset({Status.QUEUED, Status.RUNNING, Status.WAITING, Status.BLOCKED, Status.FAILED})
#: A worker goes on with these by itself, at their step.
GOING_ON = (Status.QUEUED, Status.RUNNING, Status.WAITING)
#: Ended, or nothing happens but by the audit's result or by a person.
AT_REST = frozenset(Status) - set(GOING_ON)
#: These stand in one of the places of `releases.store.places`: somebody looks at them next.
LOOKED_AT = (*GOING_ON, Status.SUBMITTED)
#: The first half is done.
SUBMITTED_ONCE = (
    Status.SUBMITTED,
    Status.REJECTED,
    Status.APPROVED,
    Status.LIVE,
    Status.REPLACED,
    Status.REVERTED,
)
