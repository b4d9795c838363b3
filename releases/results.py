"""Celery's stored results, as the releases see them."""

from __future__ import annotations

from typing import Protocol


class Results(Protocol):
    """By release id: a handle that any Celery client can wait for."""

    def forget(self, release_id: str) -> None:
        """Delete the stored result, so that whoever asks waits for the next one."""

    def fail(self, release_id: str, error: Exception) -> None:
        """Store a failure, as that of the chain's last task."""

    def succeed(self, release_id: str, auditid: int) -> None:
        """Store the audit id."""
