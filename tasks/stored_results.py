"""The results of releases in Celery's result store: any Celery client can wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery, states


@dataclass
class StoredResults:
    """Celery's result backend, where a handle is the id of a chain's last task.

    `client` is that of the records. Behind Sentinel, Celery's own connection may lead to a master that has been replaced,
    which takes results for some seconds more and then loses them.
    """

    app: Celery
    client: redis.Redis

    def is_stored(self, handle: str) -> bool:
        """Whether there is a result where the records are."""
        backend: Any = self.app.backend
        return bool(self.client.exists(backend.get_key_for_task(handle)))

    def forget(self, handle: str) -> None:
        """Delete the stored result."""
        self.app.backend.forget(handle)

    def store(self, handle: str, outcome: Exception | int | dict[str, Any]) -> None:
        """Store what the last task returns, or a failure as a task's would be."""
        state = states.FAILURE if isinstance(outcome, Exception) else states.SUCCESS
        self.app.backend.store_result(handle, outcome, state)
