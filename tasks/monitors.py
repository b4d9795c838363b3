"""What a monitor such as Flower is shown of a step: of whom it is (`shown`), and why it has not ended (`ShownRequest`).

What came of it is the task's result (`told`), or its error (`Release.error` in `releases/record.py`). Flower's columns, and what
its column for the result shows, are in `config/flower.py`.

It shows what the events carry, and they carry text that is made here and nowhere redacted: no secret may get in.
"""

from __future__ import annotations

from typing import Any

from celery.worker.request import Request

from releases.record import Problem, Release
from releases.states import Status, Step
from tasks.interim import IS_BUSY, IS_DROPPED, IS_PARKED, Interim

#: What the task of a step returns: what a monitor is shown of its end. Celery stores nothing of it.
Told = str | int | Interim | None


class ShownRequest(Request):
    """Tells monitors what has become of a step where Celery would say that it has succeeded.

    Monitors take the last success, and any retry, for what a task has come to (`celery.events.state`). A message that is
    delivered again, while the step runs or after its end, must not take the place of that.
    """

    def send_event(self, type: str, **fields: Any) -> None:  # noqa: A002 - the signature is Celery's
        """Send an event to monitors."""
        result = str(fields.get("result", ""))
        if result.startswith(IS_PARKED):
            type, fields = "task-retried", {"exception": result.removeprefix(IS_PARKED).lstrip()}  # noqa: A001
        elif result.startswith(IS_DROPPED):
            # Of a task that has ended it changes nothing; one that has not would be shown as running for ever.
            type, fields = "task-revoked", {"terminated": False, "signum": None, "expired": False}  # noqa: A001
        if not result.startswith(IS_BUSY):
            super().send_event(type, **fields)


def shown(release: Release) -> dict[str, str]:
    """What is shown as the arguments: in short, and by name, for Flower searches by names (`kwargs:wave=…`)."""
    names = {"appid": release.appid, "version": release.user_version, "wave": release.wave}
    given = {name: value for name, value in names.items() if value is not None}
    return {"argsrepr": " ".join(given.values()), "kwargsrepr": repr(given)}


def told(release: Release, step: Step) -> Told:
    """What came of a step that has ended well."""
    match step:
        case Step.SUBMIT_AUDIT:
            return release.auditid
        case Step.WATCH_AUDIT:
            return _looked(release)
        case _:
            return release.told(step)


def _looked(release: Release) -> str:
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
