from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from releases.errors import ReleaseConflict, UnknownRelease
from releases.intake.one import Releases
from releases.intake.publications import Publications
from releases.reading import Reader
from releases.record import By, Progress, Release
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import Status, Step
from releases.store import keys
from tests.integration.conftest import Sender
from tests.integration.releases.intake.conftest import One
from tests.integration.releases.together import all_at_once
from tests.support.examples import NOW
from tests.support.records import members
from tests.support.stored_results import StoredResults

ANNA = By(actor="cli:anna", reason="the sale begins")
LATER = NOW + timedelta(hours=5)
ORDERED = Publication(ordered_at=NOW)


def test_an_approved_release_is_ordered_to_go_live_and_its_message_is_sent(
    approved: Release, publications: Publications, reader: Reader, sender: Sender, redis_client: redis.Redis
) -> None:
    ordered = publications.order(approved.id, ANNA, not_before=LATER)

    assert reader.get(approved.id) == ordered == sender.sent[-1]
    assert (ordered.status, ordered.step) == (Status.QUEUED, Step.PUBLISH)
    assert ordered.publication == Publication(ordered_at=NOW, ordered_by="cli:anna")
    assert ordered.progress.not_before == LATER.timestamp()
    assert ordered.publication_id == f"{approved.id}.live"
    assert (ordered.history[-1].by, ordered.history[-1].reason) == (ANNA.actor, ANNA.reason)
    assert approved.id in members(redis_client, keys.sent(urgent=False))


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (Status.QUEUED, Step.PUBLISH),
        (Status.RUNNING, Step.PUBLISH),
        (Status.WAITING, Step.VERIFY_LIVE),
        (Status.BLOCKED, Step.PUBLISH),
        (Status.FAILED, Step.VERIFY_LIVE),
        (Status.LIVE, Step.VERIFY_LIVE),
    ],
)
def test_the_same_order_again_is_the_same_publication(
    status: Status, step: Step, one: One, publications: Publications, sender: Sender
) -> None:
    found = one(status, step, publication=ORDERED, progress=Progress(orders=1))

    again = publications.order(found.id, ANNA)

    assert again == found
    assert again.publication_id == f"{found.id}.live"
    assert len(sender.sent) == 1


def test_fifty_orders_at_once_are_one_publication_and_one_message(
    approved: Release, publications: Publications, sender: Sender
) -> None:
    ordered = all_at_once(50, lambda _: publications.order(approved.id, ANNA))

    assert {one.publication_id for one in ordered} == {f"{approved.id}.live"}
    assert len(sender.sent) == 2


@pytest.mark.parametrize(
    ("status", "step", "said"),
    [
        (Status.QUEUED, Step.COMMIT_CODE, "is queued and can't be published; see: mprelease show {id}"),
        (Status.BLOCKED, Step.COMMIT_CODE, "is blocked and can't be published; mprelease resume {id}, or"),
        (Status.SUBMITTED, Step.SUBMIT_AUDIT, "is submitted and can't be published; its audit goes on"),
        (Status.REJECTED, Step.SUBMIT_AUDIT, "is rejected .* to submit it once more: mprelease resume {id}"),
        (Status.CANCELLED, Step.SUBMIT_AUDIT, "is cancelled and can't be published; enqueue it anew"),
        (Status.REPLACED, Step.VERIFY_LIVE, "is replaced and can't be published; enqueue it anew"),
        (Status.REVERTED, Step.REVERT, "is reverted and can't be published; enqueue it anew"),
        (Status.LIVE, Step.SUBMIT_AUDIT, "is live .* to take it back: mprelease revert {id}"),
        (Status.RUNNING, Step.REVERT, "is being taken back and can't be published"),
    ],
)
def test_what_is_not_approved_is_not_published(
    status: Status,
    step: Step,
    said: str,
    one: One,
    publications: Publications,
    sender: Sender,
) -> None:
    found = one(status, step)

    with pytest.raises(ReleaseConflict, match=said.format(id=found.id)) as caught:
        publications.order(found.id, ANNA)

    assert caught.value.active_id == found.id
    assert len(sender.sent) == 1


def test_an_order_for_another_time_is_not_taken_for_the_same(
    approved: Release, publications: Publications, reader: Reader
) -> None:
    ordered = publications.order(approved.id, not_before=LATER)

    assert publications.order(approved.id, not_before=LATER) == ordered == publications.order(approved.id)
    with pytest.raises(ReleaseConflict, match=f"mprelease cancel {approved.id}, then mprelease publish"):
        publications.order(approved.id, not_before=LATER + timedelta(hours=1))
    assert reader.get(approved.id) == ordered


@pytest.mark.parametrize(
    ("status", "step"),
    [(Status.LIVE, Step.VERIFY_LIVE), (Status.BLOCKED, Step.VERIFY_LIVE), (Status.FAILED, Step.VERIFY_LIVE)],
)
def test_what_is_in_the_shop_is_taken_back_and_once(
    status: Status, step: Step, one: One, publications: Publications, sender: Sender
) -> None:
    found = one(status, step, publication=ORDERED, progress=Progress(orders=1))

    reverting = publications.revert(found.id, ANNA)

    assert (reverting.status, reverting.step) == (Status.QUEUED, Step.REVERT)
    assert reverting.history[-1].by == ANNA.actor
    assert publications.revert(found.id, ANNA) == reverting
    assert sender.sent[1:] == [reverting]


def test_one_that_was_taken_back_is_not_taken_back_again(
    one: One, publications: Publications, sender: Sender
) -> None:
    found = one(Status.REVERTED, Step.REVERT)

    assert publications.revert(found.id) == found
    assert len(sender.sent) == 1


def test_a_revert_that_was_stopped_goes_on_with_what_it_knows(one: One, publications: Publications) -> None:
    found = one(Status.BLOCKED, Step.REVERT, progress=Progress(orders=1, revert_to=3, revert_at=5.0))

    again = publications.revert(found.id)

    assert (again.status, again.block) == (Status.QUEUED, None)
    assert (again.progress.revert_to, again.progress.revert_at) == (3, 5.0)


@pytest.mark.parametrize(
    ("status", "step", "said"),
    [
        (Status.APPROVED, Step.SUBMIT_AUDIT, "is approved and can't be taken back; mprelease publish"),
        (Status.BLOCKED, Step.PUBLISH, "is blocked at publish and can't be taken back; mprelease resume"),
        (Status.RUNNING, Step.VERIFY_LIVE, "is being verified live and can't be taken back"),
        (Status.REPLACED, Step.VERIFY_LIVE, "is replaced and can't be taken back"),
    ],
)
def test_what_is_not_in_the_shop_is_not_taken_back(
    status: Status, step: Step, said: str, one: One, publications: Publications
) -> None:
    with pytest.raises(ReleaseConflict, match=said):
        publications.revert(one(status, step).id)


def test_an_audit_is_withdrawn_by_the_next_look_which_is_at_once(
    one: One, publications: Publications, sender: Sender, redis_client: redis.Redis
) -> None:
    found = one(Status.SUBMITTED, review=Review(status=ReviewStatus.DELAYED))

    asked = publications.withdraw(found.id, ANNA)

    assert (asked.status, asked.progress.withdraw) == (Status.SUBMITTED, "asked")
    assert (asked.history[-1].step, asked.history[-1].by) == (Step.WATCH_AUDIT, ANNA.actor)
    assert found.id in members(redis_client, keys.sent(urgent=False))
    assert publications.withdraw(found.id, ANNA) == asked
    assert sender.sent[1:] == [asked]


def test_what_was_withdrawn_is_not_withdrawn_again(one: One, publications: Publications) -> None:
    found = one(Status.REJECTED, review=Review(status=ReviewStatus.WITHDRAWN))

    assert publications.withdraw(found.id) == found


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.LIVE, Status.BLOCKED])
def test_what_is_not_under_audit_is_not_withdrawn(
    status: Status, one: One, publications: Publications
) -> None:
    with pytest.raises(ReleaseConflict, match=f"is {status} and can't be withdrawn; "):
        publications.withdraw(one(status).id)


def test_an_order_whose_message_comes_again_is_not_given_again(
    approved: Release, publications: Publications, releases: Releases, sender: Sender
) -> None:
    # Given an order by a message, and somebody who thought better of it
    publications.order(approved.id, request_id="message-1")
    cancelled = releases.cancel(approved.id, request_id="message-2")
    assert cancelled.status is Status.APPROVED

    assert publications.order(approved.id, request_id="message-1") == cancelled
    assert releases.cancel(approved.id, request_id="message-2") == cancelled
    assert len(sender.sent) == 2
    assert publications.order(approved.id, request_id="message-3").publication_id == f"{approved.id}.live2"


@pytest.mark.parametrize("do", ["order", "revert", "withdraw"])
def test_an_unknown_id_is_said_to_be_unknown(do: str, publications: Publications) -> None:
    with pytest.raises(UnknownRelease):
        getattr(publications, do)("nobody")


def test_the_result_of_a_publication_that_is_found_again_is_stored_anew(
    one: One, publications: Publications, results: StoredResults
) -> None:
    found = one(
        Status.LIVE,
        Step.VERIFY_LIVE,
        publication=ORDERED.model_copy(update={"released_at": NOW}),
        progress=Progress(orders=1),
    )

    publications.order(found.id)

    told = {"user_version": "1.4.2", "released_at": "2026-03-14T09:26:53Z"}
    assert results.succeeded == [(found.id, 7), (f"{found.id}.live", told)]
