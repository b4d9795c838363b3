"""The words of the contract: steps, task names, statuses."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    """The three steps, in their order."""

    ENSURE_DOMAINS = "ensure_domains"
    COMMIT_CODE = "commit_code"
    SUBMIT_AUDIT = "submit_audit"

    @property
    def task_name(self) -> str:
        """The Celery task that runs it."""
        return f"tasks.{self}"

    @property
    def position(self) -> int:
        """0, 1 or 2."""
        return STEPS.index(self)

    @property
    def next(self) -> Step | None:
        """The step after it; None after the last."""
        return STEPS[self.position + 1] if self.position + 1 < len(STEPS) else None


STEPS = tuple(Step)


class Status(StrEnum):
    """How a release stands."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    BLOCKED = "blocked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUBMITTED = "submitted"


#: A Mini Program has at most one release in one of these.
ACTIVE = frozenset({Status.QUEUED, Status.RUNNING, Status.WAITING, Status.BLOCKED, Status.FAILED})
#: These stand in one of the places of `releases.store.places`: somebody looks at them next.
GOING_ON = (Status.QUEUED, Status.RUNNING, Status.WAITING)
#: Ended, or stopped until a person acts.
AT_REST = frozenset({Status.BLOCKED, Status.FAILED, Status.CANCELLED, Status.SUBMITTED})
