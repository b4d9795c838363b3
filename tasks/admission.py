"""What a step's message means for a release as it stands: a pure function.

Celery on Redis delivers a message at least once, and a resume or a cancel can leave older messages
behind, so a message is only an occasion to look; the record says what is to be done.
"""

from __future__ import annotations

from enum import Enum, auto

from tasks.names import Status, Step
from tasks.record import Release


class Admission(Enum):
    """What to do with the message."""

    RUN = auto()  # work on the step
    PASS = auto()  # the step is done: let the chain go on
    RAISE = auto()  # the release has ended without success: say so again
    RETURN = auto()  # the release is submitted: return its audit id again
    DROP = auto()  # the message is out of date, or was never ours


def admit(release: Release, step: Step, appid: str) -> Admission:
    """Decide what a message for this step means."""
    if release.appid != appid:
        return Admission.DROP
    if release.status is Status.SUBMITTED:
        return Admission.RETURN if step.next is None else Admission.DROP
    if release.status in (Status.CANCELLED, Status.BLOCKED, Status.FAILED):
        return Admission.RAISE
    if step.position > release.step.position:
        # Never a commit before the domains are confirmed, whoever sent the message.
        return Admission.DROP
    return Admission.RUN if step is release.step else Admission.PASS
