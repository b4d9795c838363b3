"""The base class of the tasks: they get their collaborators from the app, and never guess while Redis is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import redis
from celery import Task
from celery.exceptions import Reject
from kombu.exceptions import OperationalError

from releases.errors import (
    InvalidRequest,
    ReleaseBlocked,
    ReleaseCancelled,
    ReleaseConflict,
    ReleaseFailed,
    UnknownRelease,
)
from tasks.redis_away import is_away
from tasks.services import ReleaseApp, Services

log = logging.getLogger(__name__)

if TYPE_CHECKING:
    BaseTask = Task[..., Any]
else:
    BaseTask = Task

#: A message that goes back because Redis is away goes back after so many seconds.
_REDIS_AWAY_PAUSE_S = 1.0


class ReleaseTask(BaseTask):
    """A task that gets its collaborators from the app that runs it."""

    abstract = True
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
        """As Celery's own in a worker, but an argument that is named `self` reaches the task, which refuses it.

        Not reported (worker/celery_patches/README.md, self).
        """
        return self.run(*args, **kwargs)

    @property
    def services(self) -> Services:
        """Built once per process."""
        return cast("ReleaseApp", self.app).services

    @contextmanager
    def redis_needed(self) -> Iterator[None]:
        """When Redis is away we stop and do not guess: the message goes back to the queue.

        Celery itself would acknowledge the message of a task that fails because it could not reach Redis, and
        drops that of a task whose retry could not be sent (`Task.retry` raises Reject without requeue). Not reported
        (worker/celery_patches/README.md, retry).
        """
        try:
            yield
        except (redis.RedisError, OperationalError, Reject) as error:
            if not is_away(error):
                raise
            log.warning("Redis is away (%s); the message goes back to the queue", type(error).__name__)
            # Not at once: a Redis that answers with errors would get it back in a tight loop.
            time.sleep(_REDIS_AWAY_PAUSE_S)
            raise Reject(type(error).__name__, requeue=True) from None
