from __future__ import annotations

from typing import Any

import pytest

from releases.errors import ReleaseConflict
from releases.intake.decide import NewRelease, Repetition, decide
from releases.record import PAYLOAD, Release, identity
from releases.states import ACTIVE, SUBMITTED_ONCE, Status, Step
from releases.store.known import Known, Stored
from tests.support.examples import a_release, a_request

OTHER_PAYLOAD: dict[str, Any] = {
    "publish": "auto",
    "user_desc": "slower",
    "ext": {"ext": {"shop": 2}},
    "audit": {"version_desc": "other"},
    "wave": "spring",
    "domains": {"requestdomain": ["https://own.example.com"]},
}


def known(*, active: Release | None = None, same: Release | None = None) -> Known:
    return Known(
        active=None if active is None else Stored(active, 1), same=None if same is None else Stored(same, 1)
    )


def beside(active: Release) -> Known:
    """The Mini Program has this active release, and nothing of another version."""
    return known(active=active)


def test_the_first_release_of_a_mini_program_is_new() -> None:
    assert decide(a_request(), known()) == NewRelease()


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_the_same_version_twice_is_the_same_release(status: Status) -> None:
    active = a_release(status=status)

    assert decide(a_request(), known(active=active, same=active)) == Repetition(active)


@pytest.mark.parametrize("field", PAYLOAD)
def test_the_same_version_with_another_payload_is_refused_naming_the_field(field: str) -> None:
    active = a_release()

    with pytest.raises(ReleaseConflict, match=f"another {field};") as caught:
        decide(a_request(**{field: OTHER_PAYLOAD[field]}), beside(active))

    assert caught.value.active_id == active.id


def test_every_field_that_differs_is_named() -> None:
    with pytest.raises(ReleaseConflict, match="another user_desc, ext, audit, wave, domains, publish;"):
        decide(a_request(**OTHER_PAYLOAD), beside(a_release()))


@pytest.mark.parametrize("other", [{"user_version": "1.4.3"}, {"template_id": 13}])
@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_another_version_is_refused_with_the_id_of_the_active_one(
    status: Status, other: dict[str, Any]
) -> None:
    active = a_release(status=status)

    with pytest.raises(ReleaseConflict) as caught:
        decide(a_request(**other), beside(active))

    assert caught.value.active_id == active.id


@pytest.mark.parametrize("other", [{"user_version": "1.4.3"}, {"template_id": 13}, OTHER_PAYLOAD])
def test_supersede_takes_the_place_of_the_active_one(other: dict[str, Any]) -> None:
    active = a_release()

    request = a_request(supersede=True, **other)
    same = active if identity(request) == active.identity else None

    assert decide(request, known(active=active, same=same)) == NewRelease(superseding=active)


def test_supersede_by_the_very_same_is_a_repetition() -> None:
    active = a_release()

    assert decide(a_request(supersede=True), beside(active)) == Repetition(active)


def test_supersede_without_an_active_one_is_a_new_release() -> None:
    assert decide(a_request(supersede=True), known()) == NewRelease()


def test_after_submission_it_is_the_same_release() -> None:
    submitted = a_release(status=Status.SUBMITTED, auditid=7)

    assert decide(a_request(), known(same=submitted)) == Repetition(submitted)


def test_after_submission_another_payload_is_refused() -> None:
    submitted = a_release(status=Status.SUBMITTED, auditid=7)

    with pytest.raises(ReleaseConflict, match="another wave; ask for `again`"):
        decide(a_request(wave="spring"), known(same=submitted))


@pytest.mark.parametrize("payload", [{}, OTHER_PAYLOAD])
def test_after_submission_again_is_a_new_release(payload: dict[str, Any]) -> None:
    submitted = a_release(status=Status.SUBMITTED, auditid=7)

    assert decide(a_request(again=True, **payload), known(same=submitted)) == NewRelease()


SECOND_HALF = [
    *((status, Step.SUBMIT_AUDIT) for status in sorted(SUBMITTED_ONCE)),
    *((status, Step.VERIFY_LIVE) for status in sorted(ACTIVE)),
]


@pytest.mark.parametrize(("status", "step"), SECOND_HALF)
def test_the_same_version_is_the_same_release_whatever_became_of_it_after_its_submission(
    status: Status, step: Step
) -> None:
    there = a_release(status=status, step=step, auditid=7)
    newer = a_release(a_request(user_version="1.5.0"))

    assert decide(a_request(), known(same=there)) == Repetition(there)
    assert decide(a_request(supersede=True, withdraw=True), known(same=there)) == Repetition(there)
    assert decide(a_request(), known(active=newer, same=there)) == Repetition(there)
    with pytest.raises(ReleaseConflict, match="another publish; ask for `again`"):
        decide(a_request(publish="auto"), known(same=there))


@pytest.mark.parametrize(("status", "step"), SECOND_HALF)
@pytest.mark.parametrize("other", [{"again": True}, {"user_version": "1.5.0"}])
def test_what_is_ahead_of_it_does_not_keep_a_release_from_being_enqueued(
    status: Status, step: Step, other: dict[str, Any]
) -> None:
    there = a_release(status=status, step=step, auditid=7)
    same = there if "again" in other else None

    assert decide(a_request(**other), known(same=same)) == NewRelease()
    assert decide(a_request(**other, supersede=True), known(same=same)) == NewRelease(), (
        "nothing is cancelled"
    )


def test_again_while_it_is_active_is_a_repetition() -> None:
    active = a_release()

    assert decide(a_request(again=True), known(active=active, same=active)) == Repetition(active)


def test_a_late_repetition_of_a_submitted_supersede_does_not_cancel_the_newer_release() -> None:
    request = a_request(supersede=True)
    submitted = a_release(request, status=Status.SUBMITTED, auditid=7)
    newer = a_release(a_request(user_version="1.5.0"))

    assert decide(request, known(active=newer, same=submitted)) == Repetition(submitted)


def test_again_beside_an_active_release_of_another_version_is_refused() -> None:
    submitted = a_release(status=Status.SUBMITTED, auditid=7)
    newer = a_release(a_request(user_version="1.5.0"))

    with pytest.raises(ReleaseConflict) as caught:
        decide(a_request(again=True), known(active=newer, same=submitted))

    assert caught.value.active_id == newer.id


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False)])
def test_a_payload_that_differs_in_json_only_is_refused(before: Any, after: Any) -> None:
    active = a_release(a_request(ext={"ext": {"shop": before}}))

    with pytest.raises(ReleaseConflict, match="another ext;"):
        decide(a_request(ext={"ext": {"shop": after}}), beside(active))
