"""Whose log lines these are: what a task knows of its release stands on every line until the task has ended.

The lines of the libraries that a task uses carry it too, and Celery's own about how the task ended.
"""

from __future__ import annotations

from typing import Any

from celery import signals
from structlog.contextvars import bind_contextvars, clear_contextvars

from releases.record import Release
from releases.request import ReleaseRequest


def bind(of: Release | ReleaseRequest | None = None, **said: str) -> None:
    """What a record says, or a request before there is a release, and what a message says."""
    known = {} if of is None else {"appid": of.appid, "wave": of.wave}
    bind_contextvars(**said, **{name: value for name, value in known.items() if value is not None})


# Not at the end of a step's work: Celery tells after it how the task ended. Threads run one task after another.
@signals.task_postrun.connect(weak=False)
def _forget(**_: Any) -> None:
    clear_contextvars()
