"""The tasks that an orchestrator calls by name, from any language. They answer with plain JSON."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from tasks.base import ReleaseTask
from tasks.errors import InvalidRequest
from tasks.request import parse_request


@shared_task(bind=True, base=ReleaseTask, name="tasks.start_release")
def start_release(self: ReleaseTask, *args: Any, **fields: Any) -> dict[str, Any]:
    """Enqueue a release; the keyword arguments are the request's fields.

    Returns {"release_id", "created"}; raises InvalidRequest or ReleaseConflict. Safe to run twice: the
    same request finds the same release.
    """
    if args:
        raise InvalidRequest("args", "must be empty; the request's fields are keyword arguments")
    with self.redis_needed():
        enqueued = self.services.releases.enqueue(parse_request(fields), self.request.id)
    return {"release_id": enqueued.release.id, "created": enqueued.created}


@shared_task(bind=True, base=ReleaseTask, name="tasks.get_release")
def get_release(self: ReleaseTask, release_id: str) -> dict[str, Any]:
    """Return the record; raises UnknownRelease."""
    with self.redis_needed():
        return self.services.releases.get(release_id).public()


@shared_task(bind=True, base=ReleaseTask, name="tasks.resume_release")
def resume_release(self: ReleaseTask, release_id: str) -> dict[str, Any]:
    """Start a stopped release again and return its record. Safe to run twice: a running one stays as it is."""
    with self.redis_needed():
        return self.services.releases.resume(release_id).public()


@shared_task(bind=True, base=ReleaseTask, name="tasks.cancel_release")
def cancel_release(self: ReleaseTask, release_id: str) -> dict[str, Any]:
    """End a release and return its record. Safe to run twice: a cancelled one stays as it is."""
    with self.redis_needed():
        return self.services.releases.cancel(release_id).public()
