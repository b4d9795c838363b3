"""What a message on our queue has to look like before Celery gets it.

Celery reads the headers without looking at their types. Wrong ones raise in the worker's event loop, or in a
thread of the pool where nobody hears of it and the message is never acknowledged. And it does what they ask for: wait for days, call back, join a chord, kill its own child. A request by name stands by
itself, and a step is followed by steps; all other headers are dropped before Celery sees them.

https://github.com/celery/celery/issues/7975; goes when Celery refuses such a message (README.md, headers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.utils.time import maybe_iso8601, maybe_make_aware

from releases.states import STEPS

#: Names become keys and log lines.
LONGEST_NAME = 255
#: So many callers are answered for one message that can't be run.
_MOST_IDS = 100
#: The tasks whose failure no caller waits for.
STEP_TASKS = tuple(step.task_name for step in STEPS)
#: What may stand beside the arguments. Celery lets every field there overwrite a header, so no other may be there.
_EMBEDDED = ("callbacks", "errbacks", "chain", "chord")
_NAMES = ("id", "root_id", "parent_id")
#: The headers that Celery gets, and what they may be; all others are dropped, whatever they are.
_KEPT: Mapping[str, Any] = {
    "lang": object,
    "task": object,
    "origin": object,
    "id": str,
    "root_id": str | None,
    "parent_id": str | None,
    "argsrepr": str | None,
    "kwargsrepr": str | None,
    "ignore_result": bool | None,
    "expires": object,  # read as a time
}


def check(task: Task[..., Any], headers: dict[str, Any], payload: Any) -> dict[str, Any]:
    """Return the headers to go by. Raises InvalidTaskError if this can't be a message for the task.

    The text quotes nothing of the message.
    """
    said = headers
    match payload:
        case [args, kwargs, embed]:
            pass
        # Where the headers name the task and the body has no `args`, Celery unpacks the body as that of version 2.
        case {"args": _} | {"kwargs": _} | {"task": _} if "args" in payload or "task" not in headers:
            # Version 1 of Celery's protocol: the body has everything, and our headers overwrite it.
            said = {**payload, **headers}
            args, kwargs = payload.get("args", []), payload.get("kwargs", {})
            embed = {name: payload.get(name) for name in _EMBEDDED}
        case _:
            args = kwargs = embed = None
    if not (isinstance(args, list) and isinstance(kwargs, dict) and isinstance(embed, dict | None)):
        raise InvalidTaskError("the body must be [arguments, keyword arguments, the rest]")
    _check_headers(headers, said)
    is_step = task.name in STEP_TASKS
    _check_embedded(embed or {}, is_step=is_step)
    if is_step:
        _check_arguments(task, args, kwargs)
    # Celery reads an empty `expires` as no time, and then asks it for its time zone.
    names = _KEPT.keys() if said.get("expires") else _KEPT.keys() - {"expires"}
    if isinstance(payload, dict):
        for name in payload.keys() - names - {"args", "kwargs"}:
            del payload[name]
    return {name: value for name, value in headers.items() if name in names}


def ids_behind(payload: Any) -> set[str]:
    """The ids of the tasks that were to follow a message, for which its caller may wait."""
    match payload:
        case [_, _, embed] | {"args": _, **embed}:
            return set(islice(_ids(embed), _MOST_IDS))
    return set()


def _ids(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _ids(inner)
    match value:
        case {"options": {"task_id": str(task_id)}}:
            yield task_id


def _check_headers(headers: dict[str, Any], said: dict[str, Any]) -> None:
    if any(headers.get(name) is not None for name in _EMBEDDED):
        # They would be dropped as any other header, and whoever put them there waits.
        raise InvalidTaskError("callbacks and chains must stand in the body")
    for name, kind in _KEPT.items():
        if not isinstance(said.get(name), kind):
            raise InvalidTaskError(f"{name}: is of a wrong type")
    if not said["id"] or any(len(said.get(name) or "") > LONGEST_NAME for name in _NAMES):
        raise InvalidTaskError(f"ids: must be texts of at most {LONGEST_NAME} characters")
    _time("expires", said)
    eta = _time("eta", said)
    if eta is not None and eta > datetime.now(UTC):
        # A worker would hold it in memory, and Redis deliver it again and again until then.
        raise InvalidTaskError("eta: a message is not kept for later; send it when it is due")


def _time(name: str, said: dict[str, Any]) -> datetime | None:
    try:
        time = maybe_iso8601(said.get(name))
        return None if time is None else maybe_make_aware(time, UTC)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise InvalidTaskError(f"{name}: must be a time in ISO 8601") from None


def _check_embedded(embed: dict[str, Any], *, is_step: bool) -> None:
    """A request is answered, and that is all: whoever wants more does it when the answer is there."""
    chain = embed.get("chain") or []
    others = [value for name, value in embed.items() if not (is_step and name == "chain")]
    if any(others) or not embed.keys() <= set(_EMBEDDED):
        raise InvalidTaskError("a request is sent by itself, and a step is followed by steps alone")
    if not (isinstance(chain, list) and all(map(_is_step, chain))):
        raise InvalidTaskError("chain: a step is followed by steps alone")


def _is_step(following: Any) -> bool:
    return isinstance(following, dict) and following.get("task") in STEP_TASKS


def _check_arguments(task: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Nobody waits for a step's TypeError. A request by name answers its caller with one itself."""
    try:
        task.__header__(*args, **kwargs)  # as Celery's own `apply_async` checks them
    except TypeError:
        raise InvalidTaskError("the arguments are not those of the step") from None
    if not all(isinstance(value, str) and len(value) <= LONGEST_NAME for value in (*args, *kwargs.values())):
        raise InvalidTaskError("the step's arguments must be short texts")
