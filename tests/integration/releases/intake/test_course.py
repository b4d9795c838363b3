"""Resume and cancel of what has been under audit, is being published, or is live."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.errors import ReleaseCancelled, ReleaseConflict
from releases.handles import outcomes
from releases.intake.one import Releases
from releases.intake.publications import Publications
from releases.reading import Reader
from releases.record import By, Progress, Release
from releases.scope import Scope, live_scope
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import Status, Step
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.records import RecordChanged, ReleaseStore
from tests.integration.conftest import Sender
from tests.integration.releases.intake.conftest import One
from tests.integration.releases.together import all_at_once, brought_to
from tests.support.examples import APPID, NOW, a_problem, a_request
from tests.support.stored_results import StoredResults

ANNA = By(actor="cli:anna", reason="not tonight")
ORDERED = Publication(ordered_at=NOW)
SEEN = ORDERED.model_copy(update={"verified_at": NOW})
ONCE = Progress(orders=1)
REJECTED = Review(status=ReviewStatus.REJECTED, reason="no privacy policy")


@pytest.fixture
def rejected(one: One) -> Release:
    return one(Status.REJECTED, review=REJECTED, progress=Progress(commit_at=1.0, committed_at=2.0))


@pytest.mark.parametrize(
    "status", [Status.QUEUED, Status.RUNNING, Status.WAITING, Status.BLOCKED, Status.FAILED]
)
def test_a_publication_that_was_not_sent_is_cancelled_and_the_release_is_approved_again(
    status: Status,
    one: One,
    releases: Releases,
    reader: Reader,
    results: StoredResults,
    redis_client: redis.Redis,
) -> None:
    found = one(status, Step.PUBLISH, publication=ORDERED, progress=ONCE, wait=a_problem(step=Step.PUBLISH))

    approved = releases.cancel(found.id, by=ANNA)

    assert reader.get(found.id) == approved
    assert (approved.status, approved.step, approved.publication) == (
        Status.APPROVED,
        Step.SUBMIT_AUDIT,
        None,
    )
    assert approved.problem is None
    assert (approved.history[-1].by, approved.history[-1].reason) == (ANNA.actor, ANNA.reason)
    cancelled = ("ReleaseCancelled", found.id, "its publication was cancelled")
    assert results.failed == [(f"{found.id}.live", cancelled)]
    assert results.succeeded == [(found.id, 7)]
    assert not redis_client.hexists(keys.record(found.id), "place")
    assert redis_client.hgetall(keys.mini_program(APPID))["ahead"] == found.id


def test_a_second_order_is_a_publication_of_its_own(
    one: One, releases: Releases, publications: Publications, reader: Reader
) -> None:
    """Whoever waits for the first one hears of its end, though nobody may have stored that before the second order."""
    found = publications.order(one(Status.APPROVED).id)
    releases.cancel(found.id)

    assert publications.order(found.id).publication_id == f"{found.id}.live2"
    told = outcomes(reader.get(found.id))
    assert isinstance(told[f"{found.id}.live"], ReleaseCancelled)
    assert told[f"{found.id}.live2"] is None


def test_a_publication_that_is_cancelled_while_its_step_runs_is_not_sent(
    one: One, releases: Releases, store: ReleaseStore
) -> None:
    # Given a step that has read the record and is about to write its intent
    found = one(Status.RUNNING, Step.PUBLISH, publication=ORDERED, progress=ONCE)
    as_the_step_read_it = store.get(found.id)
    assert as_the_step_read_it is not None
    releases.cancel(found.id)

    with pytest.raises(RecordChanged):
        store.save(as_the_step_read_it, as_the_step_read_it.release.progressed(publish_at=5.0))


@pytest.mark.parametrize(
    ("status", "step", "said"),
    [
        (
            Status.RUNNING,
            Step.PUBLISH,
            "is being published .*; when it has been verified: mprelease revert {id}",
        ),
        (
            Status.WAITING,
            Step.VERIFY_LIVE,
            "is being verified live .*; when .* verified: mprelease revert {id}",
        ),
        (
            Status.BLOCKED,
            Step.VERIFY_LIVE,
            "is blocked at verify_live .*; mprelease revert {id}, or: mprelease resume",
        ),
    ],
)
def test_what_may_be_in_the_shop_is_not_cancelled(
    status: Status, step: Step, said: str, one: One, releases: Releases, reader: Reader
) -> None:
    dropped = ORDERED.model_copy(update={"missing_domains": {"requestdomain": ["https://api.example.com"]}})
    found = one(status, step, publication=dropped, progress=Progress(orders=1, publish_at=5.0))

    with pytest.raises(ReleaseConflict, match=said.format(id=found.id)):
        releases.cancel(found.id)

    assert reader.get(found.id) == found


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.FAILED])
@pytest.mark.parametrize("step", [Step.PUBLISH, Step.VERIFY_LIVE])
def test_one_that_was_sent_stopped_and_not_seen_live_is_given_up_so_that_a_newer_one_may_follow(
    step: Step,
    status: Status,
    one: One,
    releases: Releases,
    results: StoredResults,
    redis_client: redis.Redis,
) -> None:
    found = one(status, step, publication=ORDERED, progress=Progress(orders=1, publish_at=5.0))

    given_up = releases.cancel(found.id)

    assert given_up.status is Status.CANCELLED
    why = "cancelled by request; it was sent to be published, and was not seen live"
    told = ("ReleaseCancelled", found.id, why)
    assert results.failed == [(f"{found.id}.live", told)]
    assert results.succeeded == [(found.id, 7)], "the audit was submitted, whatever came after it"
    assert not redis_client.hexists(keys.mini_program(APPID), "ahead")


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.REJECTED])
def test_one_whose_audit_goes_on_or_is_over_is_given_up_and_nothing_is_sent(
    status: Status,
    one: One,
    releases: Releases,
    sender: Sender,
    results: StoredResults,
    redis_client: redis.Redis,
) -> None:
    found = one(status)

    given_up = releases.cancel(found.id, by=ANNA)

    assert (given_up.status, given_up.auditid) == (Status.CANCELLED, 7)
    assert given_up.error().args == (found.id, "cancelled by request: not tonight")
    assert results.succeeded == [(found.id, 7)], "the audit was submitted, whatever came after it"
    assert len(sender.sent) == 1
    assert not redis_client.hexists(keys.mini_program(APPID), "ahead")
    assert releases.enqueue(a_request()).created


def test_a_revert_that_was_not_sent_is_cancelled_and_the_release_is_live_as_before(
    one: One, releases: Releases, publications: Publications, redis_client: redis.Redis
) -> None:
    found = publications.revert(one(Status.LIVE, Step.VERIFY_LIVE, publication=SEEN, progress=ONCE).id)

    live = releases.cancel(found.id, by=ANNA)

    assert (live.status, live.step, live.publication) == (Status.LIVE, Step.VERIFY_LIVE, SEEN)
    assert redis_client.hgetall(keys.mini_program(APPID))["live"] == found.id
    with pytest.raises(
        ReleaseConflict, match=f"is live and can't be cancelled; .* mprelease revert {found.id}"
    ):
        releases.cancel(found.id)


def test_one_that_was_never_seen_to_be_well_is_verified_once_more_when_its_revert_is_cancelled(
    one: One, releases: Releases, publications: Publications, sender: Sender, redis_client: redis.Redis
) -> None:
    """It is known when it was published."""
    sent = ONCE.model_copy(update={"publish_at": 5.0})
    found = publications.revert(one(Status.BLOCKED, Step.VERIFY_LIVE, publication=ORDERED, progress=sent).id)
    assert redis_client.hmget(keys.mini_program(APPID), "ahead", "live") == [None, None]

    again = releases.cancel(found.id)

    assert (again.status, again.step) == (Status.QUEUED, Step.VERIFY_LIVE)
    assert again.progress.publish_at == 5.0
    assert sender.sent[-1] == again
    assert redis_client.hget(keys.mini_program(APPID), "ahead") == found.id


def test_its_revert_is_not_cancelled_where_a_newer_one_has_taken_its_place(
    one: One, releases: Releases, publications: Publications, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    """Else the newer one would be forgotten, and the next one would destroy its audit."""
    found = publications.revert(one(Status.BLOCKED, Step.VERIFY_LIVE, publication=ORDERED, progress=ONCE).id)
    newer = releases.enqueue(a_request(user_version="1.4.3")).release
    brought_to(store, newer, status=Status.SUBMITTED, step=Step.SUBMIT_AUDIT, auditid=8)

    with pytest.raises(ReleaseConflict, match=f"has version 1.4.3 .* submitted; .* show {newer.id}"):
        releases.cancel(found.id)

    assert redis_client.hget(keys.mini_program(APPID), "ahead") == newer.id


def test_a_revert_that_was_sent_is_not_cancelled(one: One, releases: Releases) -> None:
    found = one(Status.RUNNING, Step.REVERT, progress=Progress(orders=1, revert_at=5.0))

    with pytest.raises(
        ReleaseConflict, match=f"is being taken back and can't be cancelled; see: mprelease show {found.id}"
    ):
        releases.cancel(found.id)


@pytest.mark.parametrize("status", [Status.WAITING, Status.BLOCKED, Status.FAILED])
@pytest.mark.parametrize("step", [Step.PUBLISH, Step.VERIFY_LIVE, Step.REVERT])
def test_what_was_stopped_in_the_second_half_goes_on_at_its_step_with_what_it_knows(
    step: Step,
    status: Status,
    one: One,
    releases: Releases,
    store: ReleaseStore,
    sender: Sender,
    results: StoredResults,
) -> None:
    known: dict[str, Any] = {"orders": 1, "publish_at": 5.0, "revert_at": 6.0, "not_before": 7.0}
    ordered = SEEN if step is Step.REVERT else ORDERED
    found = one(
        status, step, publication=ordered, progress=Progress(**known, failures=5, lates=9, late_since=1.0)
    )
    store.tell(found.id)

    resumed = releases.resume(found.id, ANNA)

    assert (resumed.status, resumed.step, resumed.problem) == (Status.QUEUED, step, None)
    is_told = {"mend": step is not Step.REVERT, "resumed": step is not Step.REVERT}
    assert resumed.progress == Progress(**known, **is_told)
    assert sender.sent[1:] == [resumed]
    # The audit's result stays, and that of a publication which goes on does not.
    assert (f"{found.id}.live" in results.handles) is (step is Step.REVERT)
    assert (found.id, 7) in results.succeeded


def test_a_publication_that_a_person_s_pause_holds_is_not_resumed_by_itself(
    one: One, releases: Releases, pauses: Pauses
) -> None:
    pauses.begin_by_hand(Scope.ALL, "")
    found = one(
        Status.WAITING, Step.PUBLISH, publication=ORDERED, progress=Progress(orders=1, held=Scope.ALL)
    )

    with pytest.raises(ReleaseConflict, match="waits: the platform is paused"):
        releases.resume(found.id)


def test_a_publication_that_its_wave_s_pause_holds_goes_on_alone(
    one: One, releases: Releases, store: ReleaseStore, pauses: Pauses
) -> None:
    scope = live_scope("spring")
    pauses.begin(scope, Pause(**a_problem().model_dump()))
    found = one(
        Status.WAITING,
        Step.PUBLISH,
        publication=ORDERED,
        progress=Progress(orders=1, held=scope),
        wave="spring",
    )

    assert releases.resume(found.id).passes(scope)
    assert pauses.current(scope) is not None


def test_a_rejected_release_is_submitted_once_more_and_its_result_comes_anew(
    rejected: Release, releases: Releases, sender: Sender, results: StoredResults, redis_client: redis.Redis
) -> None:
    resumed = releases.resume(rejected.id, ANNA)

    assert (resumed.status, resumed.step) == (Status.QUEUED, Step.ENSURE_DOMAINS)
    assert (resumed.auditid, resumed.review) == (None, None)
    assert resumed.progress == Progress(commit_at=1.0, committed_at=2.0, ended_audit=7)
    assert sender.sent[1:] == [resumed]
    assert results.handles == []
    assert redis_client.hgetall(keys.mini_program(APPID))["active"] == rejected.id


def test_a_rejected_release_is_not_resumed_beside_another_one(
    rejected: Release, releases: Releases, reader: Reader, results: StoredResults
) -> None:
    other = releases.enqueue(a_request(user_version="2")).release

    with pytest.raises(
        ReleaseConflict, match=f"version 2 of template 12 queued; .*: mprelease cancel {other.id}"
    ) as caught:
        releases.resume(rejected.id)

    assert caught.value.active_id == other.id
    assert reader.get(rejected.id) == rejected
    assert results.succeeded == [(rejected.id, 7)]


def test_of_many_that_take_the_place_at_once_one_has_it(
    rejected: Release, releases: Releases, store: ReleaseStore
) -> None:
    def resume_or_enqueue(n: int) -> str:
        try:
            return (
                releases.enqueue(a_request(user_version=str(n))).release
                if n % 2
                else releases.resume(rejected.id)
            ).id
        except ReleaseConflict as conflict:
            return conflict.active_id

    (active,) = {*all_at_once(20, resume_or_enqueue)}

    assert [found.id for found in store.find() if found.is_active] == [active]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.SUBMITTED, "its audit goes on. To end that: mprelease withdraw"),
        (Status.APPROVED, "mprelease publish"),
        (Status.LIVE, "to take it back: mprelease revert"),
        (Status.REPLACED, "enqueue it anew"),
        (Status.REVERTED, "enqueue it anew"),
        (Status.CANCELLED, "enqueue it anew"),
    ],
)
def test_what_rests_is_not_resumed(status: Status, said: str, one: One, releases: Releases) -> None:
    with pytest.raises(ReleaseConflict, match=f"is {status} and can't be resumed; {said}"):
        releases.resume(one(status).id)


@pytest.mark.parametrize("status", [Status.REPLACED, Status.REVERTED])
def test_what_is_over_is_not_cancelled(status: Status, one: One, releases: Releases) -> None:
    with pytest.raises(ReleaseConflict, match=f"is {status} and can't be cancelled; enqueue it anew"):
        releases.cancel(one(status, Step.VERIFY_LIVE).id)


def test_a_resume_whose_message_comes_again_is_not_done_again(
    rejected: Release, releases: Releases, store: ReleaseStore
) -> None:
    releases.resume(rejected.id, request_id="message-1")
    blocked = brought_to(store, rejected, status=Status.BLOCKED, block=a_problem())

    assert releases.resume(rejected.id, request_id="message-1") == blocked
    assert releases.resume(rejected.id, request_id="message-2").status is Status.QUEUED
