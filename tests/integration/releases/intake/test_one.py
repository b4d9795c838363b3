from __future__ import annotations

import pytest
import redis

from releases.background.due import SLACK_S, Due
from releases.errors import ReleaseConflict, UnknownRelease
from releases.intake.one import Enqueued, Releases
from releases.reading import Reader
from releases.record import By, Progress
from releases.scope import Scope
from releases.states import ACTIVE, Status, Step
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.records import RecordChanged, ReleaseStore
from tests.integration.conftest import Sender
from tests.integration.releases.together import all_at_once, brought_to
from tests.support.examples import a_problem, a_request
from tests.support.records import members
from tests.support.stored_results import StoredResults


def test_a_new_request_creates_a_release_and_sends_it(
    releases: Releases, store: ReleaseStore, sender: Sender, reader: Reader
) -> None:
    enqueued = releases.enqueue(a_request())

    assert enqueued.created
    assert reader.get(enqueued.release.id) == enqueued.release
    assert sender.sent == [enqueued.release]


def test_the_same_request_again_finds_it_and_sends_nothing(releases: Releases, sender: Sender) -> None:
    first = releases.enqueue(a_request())

    assert releases.enqueue(a_request()) == Enqueued(first.release, created=False)
    assert len(sender.sent) == 1


def test_a_step_that_runs_does_not_overwrite_that_its_release_was_superseded(
    releases: Releases, store: ReleaseStore, reader: Reader
) -> None:
    first = releases.enqueue(a_request()).release
    as_a_step_read_it = store.get(first.id)
    assert as_a_step_read_it is not None
    releases.enqueue(a_request(user_version="2.0.0", supersede=True))

    with pytest.raises(RecordChanged):
        store.save(as_a_step_read_it, first.model_copy(update={"status": Status.RUNNING}))
    assert reader.get(first.id).status is Status.CANCELLED


def test_after_cancelled_it_is_a_new_release_with_a_new_id(releases: Releases, sender: Sender) -> None:
    first = releases.enqueue(a_request())
    releases.cancel(first.release.id)

    second = releases.enqueue(a_request())

    assert second.created
    assert second.release.id != first.release.id
    assert sender.ids == [first.release.id, second.release.id]


def test_after_submitted_it_is_the_same_unless_asked_for_again(
    releases: Releases, store: ReleaseStore
) -> None:
    first = brought_to(store, releases.enqueue(a_request()).release, status=Status.SUBMITTED)

    same, anew = releases.enqueue(a_request()), releases.enqueue(a_request(again=True))

    assert (same.release.id, same.created) == (first.id, False)
    assert anew.created
    assert anew.release.id != first.id


def test_a_version_that_was_submitted_is_not_submitted_once_more_because_a_repetition_was_cancelled(
    releases: Releases, store: ReleaseStore, sender: Sender
) -> None:
    first = brought_to(store, releases.enqueue(a_request()).release, status=Status.SUBMITTED, auditid=7)
    again = releases.enqueue(a_request(again=True)).release
    releases.cancel(again.id)

    assert releases.enqueue(a_request()) == Enqueued(first, created=False)
    with pytest.raises(ReleaseConflict, match="another user_desc; ask for `again`"):
        releases.enqueue(a_request(user_desc="slower"))
    anew = releases.enqueue(a_request(again=True)).release
    releases.enqueue(a_request(user_version="2", supersede=True))
    assert releases.enqueue(a_request(supersede=True)) == Enqueued(first, created=False)
    assert sender.ids == [first.id, again.id, anew.id, sender.ids[-1]]


def test_supersede_cancels_the_active_one_and_stores_its_result(
    releases: Releases, results: StoredResults, reader: Reader
) -> None:
    old = releases.enqueue(a_request()).release

    new = releases.enqueue(a_request(user_version="2", supersede=True)).release

    assert reader.get(old.id).status is Status.CANCELLED
    assert results.failed == [(old.id, ("ReleaseCancelled", old.id, f"superseded by release {new.id}"))]


def test_a_hundred_times_the_same_at_once_is_one_release_and_one_message(
    releases: Releases, store: ReleaseStore, sender: Sender
) -> None:
    enqueued = all_at_once(100, lambda _: releases.enqueue(a_request()))

    assert [one.created for one in enqueued].count(True) == 1
    assert len({one.release.id for one in enqueued}) == 1
    assert sender.ids == [enqueued[0].release.id]
    assert len(list(store.find())) == 1


def test_of_fifty_versions_at_once_one_wins_and_the_others_are_told_its_id(
    releases: Releases, store: ReleaseStore, sender: Sender
) -> None:
    def enqueue(n: int) -> Enqueued | ReleaseConflict:
        try:
            return releases.enqueue(a_request(user_version=str(n)))
        except ReleaseConflict as conflict:
            return conflict

    outcomes = all_at_once(50, enqueue)

    (winner,) = [one.release.id for one in outcomes if isinstance(one, Enqueued)]
    assert {one.active_id for one in outcomes if isinstance(one, ReleaseConflict)} == {winner}
    assert sender.ids == [winner]
    assert [release.id for release in store.find()] == [winner]


def test_of_many_superseding_each_other_at_once_one_stays_active(
    releases: Releases, store: ReleaseStore, results: StoredResults
) -> None:
    enqueued = all_at_once(20, lambda n: releases.enqueue(a_request(user_version=str(n), supersede=True)))

    active = [release for release in store.find() if release.status in ACTIVE]
    assert len(active) == 1
    cancelled = {one.release.id for one in enqueued} - {active[0].id}
    assert {release_id for release_id, _ in results.failed} == cancelled


@pytest.mark.parametrize("do", ["get", "resume", "cancel"])
def test_an_unknown_id_is_said_to_be_unknown(do: str, releases: Releases, reader: Reader) -> None:
    with pytest.raises(UnknownRelease) as caught:
        getattr(reader if do == "get" else releases, do)("nobody")

    assert caught.value.release_id == "nobody"


def test_the_reason_of_a_cancel_reaches_whoever_waits(releases: Releases, results: StoredResults) -> None:
    release = releases.enqueue(a_request()).release

    releases.cancel(release.id, By(reason="the wave was stopped"))

    why = "cancelled by request: the wave was stopped"
    assert results.failed == [(release.id, ("ReleaseCancelled", release.id, why))]


def lose_patience(client: redis.Redis) -> None:
    """Let all that was sent be sent so long ago that its message counts as lost."""
    for release_id in members(client, keys.sent(urgent=False)):
        client.zincrby(keys.sent(urgent=False), -SLACK_S - 1, release_id)


def test_a_release_whose_message_could_not_be_sent_is_brought_back(
    releases: Releases, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        releases.enqueue(a_request())
    sender.broken = False

    lose_patience(redis_client)
    due.resend_lost()

    assert sender.ids == [releases.enqueue(a_request()).release.id]


def test_a_resume_whose_message_could_not_be_sent_is_brought_back(
    releases: Releases,
    store: ReleaseStore,
    due: Due,
    sender: Sender,
    redis_client: redis.Redis,
    reader: Reader,
) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=Status.BLOCKED)
    sender.broken = True
    with pytest.raises(redis.ConnectionError):
        releases.resume(release.id)
    sender.broken = False

    lose_patience(redis_client)
    due.resend_lost()

    assert sender.sent[1:] == [reader.get(release.id)]


def test_resuming_one_that_the_pause_holds_ends_the_pause(
    releases: Releases, store: ReleaseStore, pauses: Pauses
) -> None:
    pauses.begin(Scope.ALL, Pause(**a_problem(errcode=61004).model_dump()))
    release = brought_to(
        store,
        releases.enqueue(a_request()).release,
        status=Status.WAITING,
        progress=Progress(held=Scope.ALL),
    )

    releases.resume(release.id)

    assert pauses.current(Scope.ALL) is None


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.FAILED])
def test_resuming_a_stopped_one_leaves_the_pause_on(
    status: Status, releases: Releases, store: ReleaseStore, pauses: Pauses
) -> None:
    pauses.begin(Scope.ALL, Pause(**a_problem(errcode=61004).model_dump()))
    release = brought_to(store, releases.enqueue(a_request()).release, status=status)

    releases.resume(release.id)

    assert pauses.current(Scope.ALL) is not None


def test_resuming_one_that_waits_for_something_else_leaves_the_pause_on(
    releases: Releases, store: ReleaseStore, pauses: Pauses
) -> None:
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem(errcode=85085).model_dump()))
    release = brought_to(
        store,
        releases.enqueue(a_request()).release,
        status=Status.WAITING,
        step=Step.SUBMIT_AUDIT,
        wait=a_problem(step=Step.SUBMIT_AUDIT, errcode=61039),
    )

    releases.resume(release.id)

    assert pauses.current(Scope.SUBMISSIONS) is not None


@pytest.mark.parametrize("asked", [{"supersede": True}, {"again": True}])
def test_a_named_request_delivered_again_finds_what_it_created_whatever_came_of_it(
    asked: dict[str, bool], releases: Releases, store: ReleaseStore, sender: Sender, reader: Reader
) -> None:
    # Given a request that was enqueued and submitted, and a newer version that is active
    request = a_request(**asked)
    first = releases.enqueue(request, "message-1").release
    brought_to(store, first, status=Status.SUBMITTED, auditid=7)
    newer = releases.enqueue(a_request(user_version="1.5.0"), "message-2").release

    late = releases.enqueue(request, "message-1")

    assert (late.release.id, late.release.auditid, late.created) == (first.id, 7, True)
    assert reader.get(newer.id).is_active
    assert sender.ids == [first.id, newer.id]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("appid", "wx00000000000000f1"),
        ("template_id", 13),
        ("user_version", "1.4.3"),
        ("user_desc", "slower"),
        ("ext", {"ext": {"shop": 2}}),
        ("audit", {"version_desc": "other"}),
        ("wave", "spring"),
        ("domains", {"requestdomain": ["https://own.example.com"]}),
        ("urgent", True),
    ],
)
@pytest.mark.parametrize("status", [Status.QUEUED, Status.SUBMITTED, Status.CANCELLED])
def test_another_request_under_a_name_that_created_a_release_is_refused_and_does_nothing(
    field: str,
    value: object,
    status: Status,
    releases: Releases,
    store: ReleaseStore,
    sender: Sender,
) -> None:
    first = brought_to(store, releases.enqueue(a_request(), "message-1").release, status=status)

    with pytest.raises(ReleaseConflict, match=f"another {field};") as caught:
        releases.enqueue(a_request(**{field: value}, supersede=True), "message-1")

    assert caught.value.active_id == first.id
    assert list(store.find()) == [first]
    assert sender.ids == [first.id]


def test_a_named_request_that_was_superseded_is_found_again_when_it_is_delivered_again(
    releases: Releases, sender: Sender
) -> None:
    request = a_request(urgent=True, wave="spring", domains={"requestdomain": ["https://own.example.com"]})
    first = releases.enqueue(request, "message-1").release
    newer = releases.enqueue(a_request(user_version="2", supersede=True), "message-2").release

    late = releases.enqueue(request, "message-1")

    assert (late.release.id, late.release.status, late.created) == (first.id, Status.CANCELLED, True)
    assert sender.ids == [first.id, newer.id]


def test_of_many_requests_under_one_name_at_once_one_is_done_and_the_others_hear_of_it(
    releases: Releases, store: ReleaseStore, sender: Sender
) -> None:
    def enqueue(n: int) -> Enqueued | ReleaseConflict:
        try:
            return releases.enqueue(a_request(appid=f"wx{n:016d}"), "message-1")
        except ReleaseConflict as conflict:
            return conflict

    outcomes = all_at_once(30, enqueue)

    (done,) = [one.release for one in outcomes if isinstance(one, Enqueued)]
    assert {one.active_id for one in outcomes if isinstance(one, ReleaseConflict)} == {done.id}
    assert [release.appid for release in store.find()] == [done.appid]
    assert sender.sent == [done]


def test_two_requests_of_other_names_are_two_requests(releases: Releases) -> None:
    first = releases.enqueue(a_request(), "message-1").release
    releases.cancel(first.id)

    assert releases.enqueue(a_request(), "message-2").release.id != first.id


def test_a_named_request_at_once_many_times_is_one_release_and_one_message(
    releases: Releases, sender: Sender
) -> None:
    enqueued = all_at_once(30, lambda _: releases.enqueue(a_request(), "message-1"))

    assert len({one.release.id for one in enqueued}) == 1
    assert sender.ids == [enqueued[0].release.id]


@pytest.mark.parametrize("request_id", [None, "message-1"])
def test_the_result_of_a_release_that_is_found_again_is_stored_anew(
    releases: Releases, store: ReleaseStore, results: StoredResults, request_id: str | None
) -> None:
    # Given a release at rest, whose result nobody has any more: results expire, records don't
    found = releases.enqueue(a_request(), request_id).release
    brought_to(store, found, status=Status.SUBMITTED, auditid=7)
    results.expire()

    assert releases.enqueue(a_request(), request_id).release.id == found.id

    assert results.succeeded == [(found.id, 7)]


def test_a_repetition_of_a_release_that_goes_on_stores_no_result(
    releases: Releases, results: StoredResults
) -> None:
    releases.enqueue(a_request())
    releases.enqueue(a_request())

    assert results.handles == []
