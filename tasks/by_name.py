"""The tasks that an orchestrator calls by name, from any language. They answer with plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from celery import shared_task

from releases.doors import MAX_REASON, Door, is_reason
from releases.errors import InvalidRequest
from releases.record import By, Release
from releases.request import encodable, parse_request
from tasks.base import ReleaseTask
from tasks.log_context import bind


@shared_task(bind=True, base=ReleaseTask, name="tasks.start_release")
def start_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Enqueue a release; the keyword arguments are the request's fields.

    Returns {"release_id", "created"}; raises InvalidRequest or ReleaseConflict. Safe to run twice: the
    same request finds the same release.
    """
    if args:
        raise InvalidRequest("args", "must be empty; the request's fields are keyword arguments")
    request = parse_request(fields)
    bind(request)
    if request.publish == "auto":
        _check_queue(self, "publish")
    enqueued = self.app.services.releases.enqueue(request, self.request.id)
    bind(release_id=enqueued.release.id)
    return {"release_id": enqueued.release.id, "created": enqueued.created}


@shared_task(bind=True, base=ReleaseTask, name="tasks.get_release")
def get_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Return the record; raises UnknownRelease."""
    return _answer(args, fields, self.app.services.reader.get).public()


@shared_task(bind=True, base=ReleaseTask, name="tasks.resume_release")
def resume_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Start a stopped release again and return its record. Safe to run twice: a running one stays as it is.

    `actor` and `reason` may be given beside the id; the history keeps them.
    """
    return _change(self, args, fields, self.app.services.releases.resume).public()


@shared_task(bind=True, base=ReleaseTask, name="tasks.cancel_release")
def cancel_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """End a release, or its publication, and return its record. Safe to run twice: a message that comes again does nothing.

    `actor` and `reason` as for `resume_release`.
    """
    return _change(self, args, fields, self.app.services.releases.cancel).public()


@shared_task(bind=True, base=ReleaseTask, name="tasks.publish_release")
def publish_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Have an approved release go live; returns {"release_id", "publication_id"}. Safe to run twice: it is the same publication.

    Taken from the queue of the orders only. `actor` and `reason` as for `resume_release`.
    """
    _check_queue(self)
    return _ordered(_change(self, args, fields, self.app.services.publications.order))


@shared_task(bind=True, base=ReleaseTask, name="tasks.revert_release")
def revert_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Have what is live taken back by one version. Safe to run twice: it is the same order. All else as for `publish_release`."""
    _check_queue(self)
    return _ordered(_change(self, args, fields, self.app.services.publications.revert))


class _Order(Protocol):
    """What is done with one release, by whom, and asked for by which message."""

    def __call__(self, release_id: str, /, *, by: By, request_id: str | None) -> Release:
        """Do it; the message's id makes it safe to be asked twice."""


def _check_queue(task: ReleaseTask, field: str = "queue") -> None:
    """Raise InvalidRequest unless the message came from the queue of the orders.

    Our transport has written down where it took it from, whatever the message said (worker/celery_patches, elsewhere).
    """
    came_from = (task.request.delivery_info or {}).get("routing_key")
    wanted = task.app.services.publish_queue
    if came_from != wanted:
        raise InvalidRequest(
            field,
            f"orders to publish or to revert are taken from the queue {wanted} only, not from {came_from}",
        )


def _change(task: ReleaseTask, args: tuple[Any, ...], fields: dict[str, Any], order: _Order) -> Release:
    """The record after an order."""
    by = _by(fields)
    return _answer(args, fields, lambda release_id: order(release_id, by=by, request_id=task.request.id))


def _ordered(release: Release) -> dict[str, Any]:
    return {"release_id": release.id, "publication_id": release.publication_id or None}


def _answer(args: tuple[Any, ...], fields: dict[str, Any], do: Callable[[str], Release]) -> Release:
    """What is done with the one release that is named, and its record after it."""
    release_id = _release_id(args, fields)
    bind(release_id=release_id)
    release = do(release_id)
    bind(release)
    return release


def _by(fields: dict[str, Any]) -> By:
    """Take who and why out of the arguments; raises InvalidRequest."""
    said = {name: value for name in By.model_fields if (value := fields.pop(name, None)) is not None}
    for name, value in said.items():
        if not isinstance(value, str) or not is_reason(value):
            raise InvalidRequest(name, f"must be at most {MAX_REASON} printable characters on one line")
    return By.through(Door.CELERY, said.get("actor"), said.get("reason"))


def _release_id(args: tuple[Any, ...], fields: dict[str, Any]) -> str:
    """The one argument of the tasks above; raises InvalidRequest for anything else, as for a wrong request."""
    given = [*args, *fields.values()]
    if len(given) != 1 or not fields.keys() <= {"release_id"} or not isinstance(given[0], str):
        raise InvalidRequest("release_id", "must be the id of a release, a text, and the only argument")
    return encodable(given[0])
