"""The tasks that an orchestrator calls by name, from any language. They answer with plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import shared_task

from releases.errors import InvalidRequest
from releases.record import MAX_REASON, By, Door, Release, is_reason
from releases.request import encodable, parse_request
from tasks.base import ReleaseTask
from tasks.log_context import bind
from tasks.redis_away import redis_needed


@shared_task(bind=True, base=ReleaseTask, name="tasks.start_release")
def start_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Enqueue a release; the keyword arguments are the request's fields.

    Returns {"release_id", "created"}; raises InvalidRequest or ReleaseConflict. Safe to run twice: the
    same request finds the same release.
    """
    if args:
        raise InvalidRequest("args", "must be empty; the request's fields are keyword arguments")
    with redis_needed():
        request = parse_request(fields)
        bind(request)
        enqueued = self.services.releases.enqueue(request, self.request.id)
        bind(release_id=enqueued.release.id)
    return {"release_id": enqueued.release.id, "created": enqueued.created}


@shared_task(bind=True, base=ReleaseTask, name="tasks.get_release")
def get_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Return the record; raises UnknownRelease."""
    return _answer(args, fields, self.services.reader.get)


@shared_task(bind=True, base=ReleaseTask, name="tasks.resume_release")
def resume_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """Start a stopped release again and return its record. Safe to run twice: a running one stays as it is.

    `actor` and `reason` may be given beside the id; the history keeps them.
    """
    by = _by(fields)
    return _answer(args, fields, lambda release_id: self.services.releases.resume(release_id, by))


@shared_task(bind=True, base=ReleaseTask, name="tasks.cancel_release")
def cancel_release(self: ReleaseTask, /, *args: Any, **fields: Any) -> dict[str, Any]:
    """End a release and return its record. Safe to run twice: a cancelled one stays as it is.

    `actor` and `reason` as for `resume_release`.
    """
    by = _by(fields)
    return _answer(args, fields, lambda release_id: self.services.releases.cancel(release_id, by=by))


def _answer(args: tuple[Any, ...], fields: dict[str, Any], do: Callable[[str], Release]) -> dict[str, Any]:
    """What is done with the one release that is named, and its record after it."""
    release_id = _release_id(args, fields)
    bind(release_id=release_id)
    with redis_needed():
        release = do(release_id)
        bind(release)
        return release.public()


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
