"""What a monitor such as Flower is shown of a step: of whom it is (`shown`), and what it waits for (`ShownRequest`).

What came of it is the task's result, which is the step's newest line of history (`Release.told` in `releases/record.py`), or
its error (`Release.error` there); of a look at an audit it is `looked`. Flower's columns, and what its column for the result shows, are in `config/flower.py`.

It shows what the events carry, and they carry text that is made here and nowhere redacted: no secret may get in.
"""

from __future__ import annotations

from typing import Any

from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]  # unknown to celery-types
from celery.exceptions import Ignore
from celery.worker.request import Request

from releases.record import Problem, Release
from releases.states import Status, Step


class Parked(Ignore):
    """The release waits in Redis for longer: this message has done its part, another will come."""


class ShownRequest(Request):
    """Tells monitors of waits: Celery tells nobody of a task that is ignored, which would be shown as running.

    https://github.com/celery/celery/issues/3656, closed: whoever ignores a task has to tell of it.
    """

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:  # noqa: FBT001, FBT002 - the signature is Celery's
        """Tell of a step that waits as of one that is tried again."""
        raised = _raised(exc_info)
        if isinstance(raised, Parked):
            self.send_event("task-retried", exception=str(raised))
        return super().on_failure(exc_info, send_failed_event, return_ok)


def _raised(exc_info: Any) -> Any:
    """What the task raised; Celery wraps what crosses a pool."""
    raised = exc_info.exception
    return raised.exc if isinstance(raised, ExceptionWithTraceback) else raised


def shown(release: Release) -> dict[str, str]:
    """What is shown as the arguments: in short, and by name, for Flower searches by names (`kwargs:wave=…`)."""
    names = {"appid": release.appid, "version": release.user_version, "wave": release.wave}
    given = {name: value for name, value in names.items() if value is not None}
    return {"argsrepr": " ".join(given.values()), "kwargsrepr": repr(given)}


def looked(release: Release) -> str:
    """What came of a look at an audit: mostly nothing new, and that is no failure."""
    review = release.review
    if release.status is not Status.SUBMITTED or review is None:
        return release.told(Step.WATCH_AUDIT)
    again = "it is looked at again by itself"
    if release.wait is not None:
        return f"{_said(release.wait)} -- {again}"
    read = "not read yet" if review.checked_at is None else f"read {review.checked_at:%F %T} UTC"
    return f"audit {release.auditid} is {review.status.replace('_', ' ')}, {read}: {again}"


def _said(problem: Problem) -> str:
    code = "" if problem.errcode is None else f"errcode {problem.errcode}: "
    return f"{code}{problem.errmsg}"


def why(release: Release) -> str:
    """What a waiting release waits for, and until when."""
    behind = release.progress.behind
    until = f"release {behind} has left" if behind else "the platform goes on"
    if release.next_attempt_at is not None:
        until = f"{release.next_attempt_at:%F %T} UTC"
    if release.wait is None:
        return f"waits until {until}"
    return f"{_said(release.wait)} -- waits until {until}"
