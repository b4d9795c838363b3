"""The Celery ids of a release: of its steps' tasks, and of its two chains, whose results any Celery client can wait for.

The last task of a chain has the id that is the handle for the whole of it.
"""

from __future__ import annotations

from typing import Any

from releases.errors import ReleaseBlocked, ReleaseCancelled, ReleaseFailed
from releases.record import Release
from releases.states import GOING_ON, TO_AUDIT, TO_LIVE, Status, Step

#: What waiting for a handle raises, or brings: the audit id, or what went live and when.
Result = ReleaseBlocked | ReleaseFailed | ReleaseCancelled | int | dict[str, Any]
#: The same; None while it goes on.
Outcome = Result | None


def task_id(release: Release, step: Step) -> str:
    """The id of a step's task."""
    if step is Step.VERIFY_LIVE:
        return release.publication_id
    if step is Step.PUBLISH:
        return f"{release.publication_id}:{step}"
    return release.id if step is Step.SUBMIT_AUDIT else f"{release.id}:{step}"


def release_of(task_id: str) -> str:
    """The id of the release that a task belongs to."""
    return task_id.partition(":")[0].partition(".")[0]


def outcomes(release: Release) -> dict[str, Outcome]:
    """What the results of its chains are to say, by handle; it follows from the record alone."""
    found: dict[str, Outcome] = {release.id: _of_audit(release)}
    orders = release.progress.orders
    for number in range(1, orders):
        found[release.publication_of(number)] = _cancelled(release)
    if orders:
        found[release.publication_id] = _of_publication(release)
    return found


def _of_audit(release: Release) -> Outcome:
    if release.status is Status.CANCELLED or (release.is_active and release.status not in GOING_ON):
        return release.error()
    return None if release.step in TO_AUDIT and release.status in GOING_ON else release.auditid


def _cancelled(release: Release) -> ReleaseCancelled:
    """Of a publication: nothing else than that comes before another order."""
    return ReleaseCancelled(release.id, "its publication was cancelled")


def _of_publication(release: Release) -> Outcome:
    publication = release.publication
    if release.status is Status.CANCELLED:
        return release.error()
    if publication is None:
        return _cancelled(release)
    is_unseen = publication.verified_at is None
    if release.is_moving and (release.step in TO_LIVE or is_unseen):
        return None if release.status in GOING_ON else release.error()
    if is_unseen and release.status is not Status.LIVE:
        return ReleaseCancelled(release.id, "it was taken back, and had not been live with all its domains")
    at = publication.released_at
    return {
        "user_version": release.user_version,
        "released_at": None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
