from __future__ import annotations

from contextlib import suppress

import pytest

from releases.errors import ReleaseConflict
from releases.intake.one import Releases
from releases.reading import Reader
from releases.record import Progress
from releases.states import ACTIVE, TO_AUDIT, Status, Step
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from tests.integration.conftest import Sender
from tests.integration.releases.together import all_at_once, brought_to
from tests.support.examples import NOW, a_problem, a_request
from tests.support.stored_results import StoredResults


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.FAILED, Status.WAITING])
@pytest.mark.parametrize("step", TO_AUDIT)
def test_a_resumed_release_starts_at_the_free_get_and_keeps_what_it_knows(
    step: Step,
    status: Status,
    releases: Releases,
    store: ReleaseStore,
    sender: Sender,
    results: StoredResults,
    reader: Reader,
) -> None:
    known = Progress(commit_at=1.0, submit_at=2.0, failures=5, scans=3, unknowns=1)
    stopped = brought_to(
        store,
        releases.enqueue(a_request()).release,
        status=status,
        step=step,
        block=a_problem(),
        failure=a_problem(),
        wait=a_problem(),
        progress=known,
    )

    resumed = releases.resume(stopped.id)

    assert (resumed.status, resumed.step) == (Status.QUEUED, Step.ENSURE_DOMAINS)
    assert (resumed.block, resumed.failure, resumed.wait) == (None, None, None)
    assert resumed.progress == Progress(commit_at=1.0, submit_at=2.0)
    assert reader.get(stopped.id) == resumed
    assert sender.sent[1:] == [resumed]
    assert results.handles == []


def test_the_stored_result_is_deleted_before_the_message_is_sent(
    store: ReleaseStore, pauses: Pauses, results: StoredResults
) -> None:
    there: list[list[str]] = []
    releases = Releases(
        store=store, send=lambda _: there.append(results.handles), pauses=pauses, now=lambda: NOW
    )
    release = releases.enqueue(a_request()).release
    brought_to(store, release, status=Status.BLOCKED, block=a_problem())
    assert results.handles == [release.id]

    releases.resume(release.id)

    assert there == [[], []]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_resuming_one_that_goes_on_changes_nothing(
    status: Status, releases: Releases, store: ReleaseStore, sender: Sender, results: StoredResults
) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=status)

    assert releases.resume(release.id) == release
    assert len(sender.sent) == 1
    assert results.handles == []


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.SUBMITTED])
def test_an_ended_release_cannot_be_resumed(status: Status, releases: Releases, store: ReleaseStore) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=status)

    with pytest.raises(ReleaseConflict, match=f"is {status} and can't be resumed") as caught:
        releases.resume(release.id)

    assert caught.value.active_id == release.id


def test_fifty_resumes_at_once_send_one_message(
    releases: Releases, store: ReleaseStore, sender: Sender
) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=Status.BLOCKED)

    all_at_once(50, lambda _: releases.resume(release.id))

    assert sender.ids == [release.id, release.id]


@pytest.mark.parametrize("status", sorted(ACTIVE))
def test_a_cancelled_release_ends_and_its_result_is_stored(
    status: Status, releases: Releases, store: ReleaseStore, results: StoredResults
) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=status)

    cancelled = releases.cancel(release.id)

    assert cancelled.status is Status.CANCELLED
    assert results.failed == [(release.id, ("ReleaseCancelled", release.id, "cancelled by request"))]


def test_cancelling_twice_is_cancelling_once(releases: Releases, store: ReleaseStore, reader: Reader) -> None:
    release = releases.enqueue(a_request()).release

    assert releases.cancel(release.id) == releases.cancel(release.id) == reader.get(release.id)


def test_cancel_and_resume_at_once_end_in_cancelled(
    releases: Releases, store: ReleaseStore, results: StoredResults, reader: Reader
) -> None:
    release = brought_to(store, releases.enqueue(a_request()).release, status=Status.BLOCKED)

    def cancel_or_resume(n: int) -> None:
        with suppress(ReleaseConflict):  # a cancelled one can't be resumed
            releases.cancel(release.id) if n % 2 else releases.resume(release.id)

    all_at_once(20, cancel_or_resume)

    assert reader.get(release.id).status is Status.CANCELLED
