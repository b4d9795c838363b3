"""What a message on our queue has to look like before Celery gets it.

Celery reads the headers without looking at their types. Wrong ones raise in the worker's event loop, or in a
thread of the pool where nobody hears of it and the message is never acknowledged. And it does what they ask for: wait for days, call back, join a chord, kill its own child. A request by name stands by
itself, and a step is followed by steps; all other headers are dropped before Celery sees them.

https://github.com/celery/celery/issues/7975; goes when Celery refuses such a message (README.md, headers).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any

from celery import Task
from celery.exceptions import InvalidTaskError
from celery.utils.time import maybe_iso8601, maybe_make_aware
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from releases.states import STEPS

#: Names become keys and log lines.
LONGEST_NAME = 255
#: So many callers are answered for one message that can't be run.
_MOST_IDS = 100
#: The tasks whose failure no caller waits for.
STEP_TASKS = frozenset(step.task_name for step in STEPS)
_EMBEDDED = ("callbacks", "errbacks", "chain", "chord")
#: To find it anew is two thirds of what a check costs.
_signature = cache(inspect.signature)


def check(task: Task[..., Any], headers: dict[str, Any], payload: Any) -> dict[str, Any]:
    """Return the headers to go by. Raises InvalidTaskError if this can't be a message for the task.

    The text quotes nothing of the message.
    """
    if any(headers.get(name) is not None for name in _EMBEDDED):
        # Where the body has none of that name, Celery would take the header's.
        raise InvalidTaskError("callbacks and chains must stand in the body")
    match payload:
        case [args, kwargs, embed]:
            fields = {**headers, "args": args, "kwargs": kwargs, "embed": embed}
        case {"args": _} | {"kwargs": _} | {"task": _}:
            # Version 1 of Celery's protocol: the body has everything, and our headers overwrite it.
            embed = {name: payload.get(name) for name in _EMBEDDED}
            fields = {"args": [], "kwargs": {}, **payload, **headers, "embed": embed}
        case _:
            raise InvalidTaskError("the body must be [arguments, keyword arguments, the rest]")
    try:
        message = Message.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidTaskError(f"{where}: {first['msg']}") from None
    if message.eta is not None and message.eta > datetime.now(UTC):
        # A worker would hold it in memory, and Redis deliver it again and again until then.
        raise InvalidTaskError("eta: a message is not kept for later; send it when it is due")
    if task.name in STEP_TASKS:
        _check_step(task, message)
    else:
        _check_request(message)
    kept = _KEPT - {"expires"} if task.name in STEP_TASKS else _KEPT
    if isinstance(payload, dict):
        for name in payload.keys() - kept - {"args", "kwargs"}:
            del payload[name]
    return {name: value for name, value in headers.items() if name in kept}


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


def _check_request(message: Message) -> None:
    """A request is answered, and that is all: whoever wants more does it when the answer is there."""
    embed = message.embed or Embed()
    for name in _EMBEDDED:
        if getattr(embed, name):
            raise InvalidTaskError(f"{name}: a request is sent by itself, and nothing follows it on its own")


def _check_step(task: Task[..., Any], message: Message) -> None:
    """Nobody waits for a step's TypeError. A request by name answers its caller with one itself."""
    embed = message.embed or Embed()
    if embed.callbacks or embed.errbacks or embed.chord:
        raise InvalidTaskError("a step is followed by steps alone")
    if any(following.task not in STEP_TASKS for following in embed.chain or ()):
        raise InvalidTaskError("chain: a step is followed by steps alone")
    try:
        given = _signature(task.run).bind(*message.args, **message.by_name).arguments.values()
    except TypeError:
        raise InvalidTaskError("the arguments are not those of the step") from None
    if not all(isinstance(value, str) and len(value) <= LONGEST_NAME for value in given):
        raise InvalidTaskError("the step's arguments must be short texts")


def _time(value: Any) -> datetime | None:
    try:
        time = maybe_iso8601(value)
        return None if time is None else maybe_make_aware(time, UTC)
    except (TypeError, AttributeError, OverflowError):
        raise ValueError("must be a time in ISO 8601") from None


Name = Annotated[str, StringConstraints(max_length=LONGEST_NAME)]
Id = Annotated[Name, StringConstraints(min_length=1)]
Time = Annotated[Any, AfterValidator(_time)]


class Strict(BaseModel):
    """Types as they stand in JSON: a number in a text is a text."""

    model_config = ConfigDict(strict=True)


class Signature(Strict):
    """A task that follows, as chains send it."""

    task: Id


class Embed(Strict):
    """What stands beside the arguments. Celery lets every field of it overwrite a header, so no other may be there."""

    model_config = ConfigDict(strict=True, extra="forbid")

    callbacks: Any = None
    errbacks: Any = None
    chain: list[Signature] | None = None
    chord: Any = None


class Message(Strict):
    """The headers that Celery gets, and what else is looked at; all other headers are dropped, whatever they are."""

    lang: Any = None
    task: Any = None
    id: Id
    root_id: Name | None = None
    parent_id: Name | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    origin: Any = None
    ignore_result: bool | None = None
    expires: Time = None

    eta: Time = None
    args: list[Any]
    # Such a name, because pydantic's plugin for mypy takes no field and no plain alias `kwargs`.
    by_name: dict[str, Any] = Field(validation_alias=AliasChoices("kwargs"))
    embed: Embed | None


#: The headers that Celery gets of a request by name; of a step it gets no `expires` either.
_KEPT = frozenset(Message.model_fields) - {"eta", "args", "by_name", "embed"}
