"""The results of releases in Celery's result store: any Celery client can wait for them."""

from __future__ import annotations

from celery import Celery, states


class StoredResults:
    """Celery's result backend, where a release's id is the id of its chain's last task."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def forget(self, release_id: str) -> None:
        """Delete the stored result."""
        self._app.backend.forget(release_id)

    def fail(self, release_id: str, error: Exception) -> None:
        """Store a failure as a task's would be."""
        self._app.backend.store_result(release_id, error, states.FAILURE)

    def succeed(self, release_id: str, auditid: int) -> None:
        """Store what the last task returns."""
        self._app.backend.store_result(release_id, auditid, states.SUCCESS)
