"""The base classes of the steps' tasks: what becomes of the results that Celery stores for them."""

from __future__ import annotations

import logging
from typing import Any

import redis
from kombu.exceptions import OperationalError

from tasks.base import ReleaseTask

log = logging.getLogger(__name__)


class StepTask(ReleaseTask):
    """A step. Its failure is stored as the result of the release, too: that of the chain's last task."""

    abstract = True

    def on_failure(
        self,
        exc: Exception,
        task_id: str,
        args: Any,  # noqa: ARG002 - the signature is Celery's
        kwargs: Any,  # noqa: ARG002
        einfo: Any,  # noqa: ARG002
    ) -> None:
        """Celery has stored the failure. What has happened since the record was written counts more."""
        try:
            self.services.outcomes.step_failed(task_id, exc)
        except (redis.RedisError, OperationalError) as error:
            # Celery would take it for the step's own failure. Cancelling again stores the result again.
            log.warning("Redis is away (%s); the result of %s was not checked", type(error).__name__, task_id)


class UnreadStepTask(StepTask):
    """A step whose return value nobody waits for; its failure is the release's, so that is stored."""

    abstract = True
    ignore_result = True
    store_errors_even_if_ignored = True
