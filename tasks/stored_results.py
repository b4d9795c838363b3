"""The results of releases in Celery's result store: any Celery client can wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery, states


@dataclass
class StoredResults:
    """Celery's result backend, where a release's id is the id of its chain's last task.

    `client` is that of the records. Behind Sentinel, Celery's own connection may lead to a master that has been replaced,
    which takes results for some seconds more and then loses them.
    """

    app: Celery
    client: redis.Redis

    def is_stored(self, release_id: str) -> bool:
        """Whether there is a result where the records are."""
        backend: Any = self.app.backend
        return bool(self.client.exists(backend.get_key_for_task(release_id)))

    def forget(self, release_id: str) -> None:
        """Delete the stored result."""
        self.app.backend.forget(release_id)

    def store(self, release_id: str, outcome: Exception | int) -> None:
        """Store what the last task returns, or a failure as a task's would be."""
        state = states.FAILURE if isinstance(outcome, Exception) else states.SUCCESS
        self.app.backend.store_result(release_id, outcome, state)
