"""The base class of the tasks: they get their collaborators from the app, and never guess while Redis is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import Task

from releases.errors import (
    InvalidRequest,
    ReleaseBlocked,
    ReleaseCancelled,
    ReleaseConflict,
    ReleaseFailed,
    UnknownRelease,
)
from tasks.redis_away import redis_needed
from tasks.services import ReleaseApp

if TYPE_CHECKING:
    BaseTask = Task[..., Any]
else:
    BaseTask = Task


class ReleaseTask(BaseTask):
    """A task that gets its collaborators from the app that runs it."""

    abstract = True
    app: ReleaseApp  # type: ignore[assignment]  # whichever app runs it; celery-types knows of Celery's alone
    max_retries = None  # the policy decides, not Celery's default of 3
    throws = (
        ReleaseBlocked,
        ReleaseFailed,
        ReleaseCancelled,
        InvalidRequest,
        ReleaseConflict,
        UnknownRelease,
    )

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """As Celery's own in a worker, but that the message goes back to the queue when Redis is away.

        And an argument that is named `self` reaches the task, which refuses it. Not reported
        (worker/celery_patches/README.md, self).
        """
        with redis_needed():
            return self.run(*args, **kwargs)
