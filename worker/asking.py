"""A question to all workers, and what each of them answers."""

from __future__ import annotations

from typing import Any

import redis
from celery import Celery
from kombu.exceptions import OperationalError

#: Seconds in which workers answer.
_PATIENCE_S = 2.0


def ask_workers(app: Celery, question: str, **arguments: Any) -> dict[str, Any]:
    """What each worker answers, by its name; raises redis.ConnectionError where Redis is away.

    A worker that does not know the question answers with an `error`.
    """
    inspect: Any = app.control.inspect(timeout=_PATIENCE_S)
    try:
        return inspect._request(question, **arguments) or {}  # noqa: SLF001 - how Celery's own ask
    except OperationalError as error:
        raise redis.ConnectionError(str(error)) from error
