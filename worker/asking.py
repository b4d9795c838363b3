"""A question to all workers, and what each of them answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import redis
from celery import Celery
from kombu.exceptions import OperationalError

#: Seconds in which workers answer.
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker says of itself: why it takes no messages (empty where it does), its schema, and its settings' fingerprints."""

    problem: str
    schema: int
    settings: Mapping[str, str]

    @classmethod
    def read(cls, raw: Any) -> Self:
        """As it came over the broker, from a worker of any version."""
        told = raw if isinstance(raw, dict) else {}
        settings = told.get("settings")
        return cls(
            problem=str(told.get("problem") or ""),
            schema=schema_of(raw),
            settings=settings if isinstance(settings, dict) else {},
        )


def schema_of(raw: Any) -> int:
    """The schema in a worker's answer; one that answers without a number does not know the question, and is of 1."""
    match raw:
        case {"schema": int(number)}:
            return number
    return 1


def ask_workers(app: Celery, question: str, **arguments: Any) -> dict[str, Any]:
    """What each worker answers, by its name; raises redis.ConnectionError where Redis is away.

    A worker that does not know the question answers with an `error`.
    """
    inspect: Any = app.control.inspect(timeout=_PATIENCE_S)
    try:
        return inspect._request(question, **arguments) or {}  # noqa: SLF001 - how Celery's own ask
    except OperationalError as error:
        raise redis.ConnectionError(str(error)) from error


def ask_how_they_stand(app: Celery, salt: str) -> dict[str, Answer]:
    """Each worker's answer, by its name; the fingerprints are those of this salt."""
    answers = ask_workers(app, "takes_messages", salt=salt)
    return {name: Answer.read(answers[name]) for name in sorted(answers)}


@dataclass(slots=True)
class Roll:
    """Asks the same of all workers time and again, and believes bad news the second time.

    A worker on a busy machine may miss a question, and one that has just ended its work looks for a moment as if it took nothing.
    """

    app: Celery
    salt: str
    _before: Mapping[str, Answer] = field(default_factory=dict, init=False)

    def call(self) -> dict[str, Answer]:
        """Ask once; by name, as `ask_how_they_stand` tells it."""
        answers, before = ask_how_they_stand(self.app, self.salt), self._before
        self._before = answers
        stuck = {name for name, one in before.items() if one.problem}
        believed = {
            name: one if name in stuck else replace(one, problem="")
            for name, one in {**before, **answers}.items()
        }
        return dict(sorted(believed.items()))
