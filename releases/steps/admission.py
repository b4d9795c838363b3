"""What a step's message means for a release as it stands: a pure function.

Celery on Redis delivers a message at least once, and a resume or a cancel can leave older messages
behind, so a message is only an occasion to look; the record says what is to be done.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from releases.record import Release
from releases.states import GOING_ON, TO_AUDIT, Status, Step


class Admission(Enum):
    """What to do with the message."""

    RUN = auto()  # work on the step
    PASS = auto()  # the step is done: let the chain go on
    REST = auto()  # the release is at rest: say again how it has ended
    EARLY = auto()  # the release waits until a time that has not come: park it until then
    DROP = auto()  # the message is out of date, or was never ours


#: A message may come so much before the time that was written, in seconds: clocks differ a little.
EARLY_BY_S = 1.0


def admit(  # noqa: PLR0911 - one line for each case
    release: Release, step: Step, appid: str, now: datetime
) -> Admission:
    """Decide what a message for this step means."""
    if release.appid != appid:
        return Admission.DROP
    if step is Step.WATCH_AUDIT:
        return Admission.RUN if release.status is Status.SUBMITTED else Admission.DROP
    if release.status is Status.CANCELLED:
        return Admission.REST if step in TO_AUDIT else Admission.DROP
    if release.step not in step.chain or not release.is_moving:
        # The chain has ended, or was never ordered: nobody publishes by sending a message.
        has_ended = step.next is None and step.position <= release.step.position
        return Admission.REST if has_ended else Admission.DROP
    if release.status not in GOING_ON:
        return Admission.REST
    if step.position > release.step.position:
        # Never a commit before the domains are confirmed, whoever sent the message.
        return Admission.DROP
    if step is not release.step:
        return Admission.PASS
    return Admission.EARLY if _waits(release, now) else Admission.RUN


def _waits(release: Release, now: datetime) -> bool:
    """Whether it waits for a time. One that a pause holds waits for the pause's end, whatever time is given."""
    if release.status is not Status.WAITING or release.progress.held or release.next_attempt_at is None:
        return False
    return release.next_attempt_at > now + timedelta(seconds=EARLY_BY_S)
