from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from releases.record import Progress
from releases.states import STEPS, TO_AUDIT, TO_LIVE, Status, Step
from releases.steps.admission import Admission, admit
from tests.support.examples import APPID, NOW, a_release

DOMAINS, COMMIT, SUBMIT = TO_AUDIT
PUBLISH, VERIFY = TO_LIVE
GOING_ON = (Status.QUEUED, Status.RUNNING, Status.WAITING)
STOPPED = (Status.BLOCKED, Status.FAILED)
DECIDED = (Status.REJECTED, Status.APPROVED, Status.LIVE, Status.REPLACED, Status.REVERTED)

# Message's step -> record's step -> what it means while the release goes on.
EXPECTED = {
    (DOMAINS, DOMAINS): Admission.RUN,
    (DOMAINS, COMMIT): Admission.PASS,
    (DOMAINS, SUBMIT): Admission.PASS,
    (COMMIT, DOMAINS): Admission.DROP,
    (COMMIT, COMMIT): Admission.RUN,
    (COMMIT, SUBMIT): Admission.PASS,
    (SUBMIT, DOMAINS): Admission.DROP,
    (SUBMIT, COMMIT): Admission.DROP,
    (SUBMIT, SUBMIT): Admission.RUN,
    (PUBLISH, PUBLISH): Admission.RUN,
    (PUBLISH, VERIFY): Admission.PASS,
    (VERIFY, PUBLISH): Admission.DROP,
    (VERIFY, VERIFY): Admission.RUN,
    (Step.REVERT, Step.REVERT): Admission.RUN,
    # Of the first chain's messages, the last one's result is there when the second has been ordered.
    (SUBMIT, PUBLISH): Admission.REST,
    (COMMIT, PUBLISH): Admission.DROP,
    (VERIFY, Step.REVERT): Admission.REST,
    (PUBLISH, SUBMIT): Admission.DROP,
    (Step.REVERT, VERIFY): Admission.DROP,
    (Step.WATCH_AUDIT, COMMIT): Admission.DROP,
    (Step.WATCH_AUDIT, PUBLISH): Admission.DROP,
}


@pytest.mark.parametrize(("message", "record"), [*EXPECTED])
@pytest.mark.parametrize("status", GOING_ON)
def test_a_message_runs_its_own_step_passes_a_done_one_and_never_runs_ahead(
    status: Status, message: Step, record: Step
) -> None:
    assert admit(a_release(status=status, step=record), message, APPID, NOW) is EXPECTED[message, record]


@pytest.mark.parametrize(("status", "chain"), [*product(STOPPED, (TO_AUDIT, TO_LIVE))])
def test_a_stopped_release_says_so_to_every_message_of_its_chain(
    status: Status, chain: tuple[Step, ...]
) -> None:
    for record, message in product(chain, chain):
        assert admit(a_release(status=status, step=record), message, APPID, NOW) is Admission.REST


@pytest.mark.parametrize("record", STEPS)
def test_a_cancelled_release_says_so_to_every_message_of_the_first_chain(record: Step) -> None:
    release = a_release(status=Status.CANCELLED, step=record)

    said = {step: admit(release, step, APPID, NOW) for step in STEPS}
    assert {step for step in STEPS if said[step] is Admission.REST} == set(TO_AUDIT)
    assert set(said.values()) == {Admission.REST, Admission.DROP}


def test_a_submitted_release_is_looked_at_and_returns_its_audit_id_to_the_last_step() -> None:
    release = a_release(status=Status.SUBMITTED, step=SUBMIT)

    said = {step: admit(release, step, APPID, NOW) for step in STEPS}
    assert said.pop(SUBMIT) is Admission.REST
    assert said.pop(Step.WATCH_AUDIT) is Admission.RUN
    assert set(said.values()) == {Admission.DROP}


@pytest.mark.parametrize(("status", "record"), [*product(DECIDED, (SUBMIT, VERIFY, Step.REVERT))])
def test_nobody_publishes_reverts_or_submits_by_sending_a_message(status: Status, record: Step) -> None:
    release = a_release(status=status, step=record)

    said = {admit(release, step, APPID, NOW) for step in STEPS}
    assert said <= {Admission.DROP, Admission.REST}


@pytest.mark.parametrize(("status", "message", "record"), [*product(Status, STEPS, STEPS)])
def test_a_message_with_another_appid_is_dropped(status: Status, message: Step, record: Step) -> None:
    release = a_release(status=status, step=record)

    assert admit(release, message, "wx00000000000000ff", NOW) is Admission.DROP


@pytest.mark.parametrize(
    ("left_s", "expected"),
    [
        (-60, Admission.RUN),
        (0, Admission.RUN),
        (1, Admission.RUN),
        (2, Admission.EARLY),
        (3600, Admission.EARLY),
    ],
)
def test_a_message_before_the_time_that_the_release_waits_for_is_early(
    left_s: float, expected: Admission
) -> None:
    until = NOW + timedelta(seconds=left_s)
    release = a_release(status=Status.WAITING, next_attempt_at=until)

    assert admit(release, DOMAINS, APPID, NOW) is expected


def test_one_that_a_pause_holds_waits_for_its_end_and_not_for_a_time() -> None:
    release = a_release(
        status=Status.WAITING, next_attempt_at=NOW + timedelta(hours=1), progress=Progress(held="submissions")
    )

    assert admit(release, DOMAINS, APPID, NOW) is Admission.RUN


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_only_a_waiting_release_can_be_asked_too_early(status: Status) -> None:
    release = a_release(status=status, next_attempt_at=NOW + timedelta(hours=1))

    assert admit(release, DOMAINS, APPID, NOW) is Admission.RUN
