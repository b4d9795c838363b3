"""Whose log lines these are: what a task knows of its release stands on every line until the task has ended.

The lines of the libraries that a task uses carry it too, and Celery's own about how the task ended.
"""

from __future__ import annotations

from typing import Any

from celery import signals
from structlog.contextvars import bind_contextvars, clear_contextvars

from releases.record import Release
from releases.request import ReleaseRequest
from releases.states import Step


def bind_step(step: Step, release_id: str, appid: str) -> None:
    """What a step's message says."""
    bind_contextvars(release_id=release_id, appid=appid, step=str(step))


def bind_request(request: ReleaseRequest) -> None:
    """What a request says, before there is a release."""
    bind_contextvars(appid=request.appid, **_wave(request))


def bind_release_id(release_id: str) -> None:
    """The release that a task is asked for; there may be none."""
    bind_contextvars(release_id=release_id)


def bind_release(release: Release) -> None:
    """What a record says."""
    bind_contextvars(release_id=release.id, appid=release.appid, **_wave(release))


def _wave(of: Release | ReleaseRequest) -> dict[str, str]:
    return {} if of.wave is None else {"wave": of.wave}


# Not at the end of a step's work: Celery tells after it how the task ended. Threads run one task after another.
@signals.task_postrun.connect(weak=False)
def _forget(**_: Any) -> None:
    clear_contextvars()
