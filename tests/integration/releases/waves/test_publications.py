"""A wave's publications: ordered at once, a canary first, braked, let go, cancelled and taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis

from releases.background.due import BATCH, Due
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.reading import Reader
from releases.record import Release
from releases.scope import wave_scope
from releases.states import Status, Step
from releases.steps.attempt import Attempt
from releases.store import keys
from releases.store.leases import Held, Leases
from releases.store.pauses import Pause, Paused, Pauses
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from releases.waves.halves import FIRST, LIVE
from releases.waves.standing import State
from releases.waves.waves import Waves
from tests.integration.conftest import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.integration.releases.waves.publishing import (
    ANNA,
    SCOPE,
    Ends,
    Report,
    all_is_as_it_has_to_be,
    counted,
    ids,
    report,
)
from tests.integration.releases.waves.test_waves import look
from tests.support.examples import NOW, a_problem
from tests.support.records import members

#: The fixtures of its neighbour.
__all__ = ["all_is_as_it_has_to_be", "report"]


def test_all_that_is_approved_is_ordered_by_whoever_asks_and_waits_in_the_lane_of_what_is_fed(
    approved: list[Release], orders: Orders, ends: Ends, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    brought_to(store, approved[4], status=Status.REJECTED)

    ordered = orders.publish_wave("spring", ANNA)

    assert ids(ordered) == ids(approved[:4])
    assert {(one.status, one.step) for one in ordered} == {(Status.QUEUED, Step.PUBLISH)}
    assert {one.publication.ordered_by for one in ordered if one.publication} == {"cli:anna"}
    assert (ordered[0].history[-1].by, ordered[0].history[-1].reason) == (ANNA.actor, ANNA.reason)
    assert members(redis_client, keys.due(Lane.NEW)) == ids(approved[:4])
    assert counted(store) == {"queued": 4}


def test_an_order_that_is_repeated_orders_only_what_is_left(
    approved: list[Release], orders: Orders, store: ReleaseStore
) -> None:
    brought_to(store, approved[4], status=Status.SUBMITTED)
    orders.publish_wave("spring", ANNA)
    assert orders.publish_wave("spring", ANNA) == []

    brought_to(store, approved[4], status=Status.APPROVED)

    assert ids(orders.publish_wave("spring", ANNA)) == [approved[4].id]
    assert {one.progress.orders for one in store.find(wave="spring")} == {1}


def test_one_that_is_changed_at_this_moment_is_left_alone(
    approved: list[Release],
    store: ReleaseStore,
    orders: Orders,
    releases: Releases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = list(store.find_stored(wave="spring"))
    releases.cancel(approved[2].id)
    monkeypatch.setattr(store, "find_stored", lambda **_: iter(found))

    assert ids(orders.publish_wave("spring", ANNA)) == ids([*approved[:2], *approved[3:]])
    assert counted(store) == {"queued": 4}


def test_the_canary_goes_first_and_the_rest_waits_and_says_for_what(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    due: Due,
    sender: Sender,
    report: Report,
    redis_client: redis.Redis,
) -> None:
    ordered = orders.publish_wave("spring", ANNA, canary=2)

    assert [one.status for one in ordered] == [*[Status.QUEUED] * 2, *[Status.WAITING] * 3]
    assert members(redis_client, keys.held(SCOPE)) == ids(approved[2:])
    assert ordered[4].wait is not None
    assert "its first 2 go live alone" in ordered[4].wait.errmsg
    assert "mprelease resume --wave spring" in ordered[4].wait.remedy
    assert "mprelease revert --wave spring" in ordered[4].wait.remedy
    sender.sent.clear()
    assert due.feed(BATCH) == 2
    assert sender.ids == ids(approved[:2])
    assert report().public() == {
        "state": "canary",
        "ordered": 5,
        "counts": ordered_counts(queued=2, waiting=3),
        "canary": 2,
        "max_blocked": 10,
        "reason": "3 held back: wave spring: its first 2 go live alone",
    }


Starts = Callable[[Release], bool]


@pytest.fixture
def starts(store: ReleaseStore, begin: Callable[[Release], Held], leases: Leases) -> Starts:
    """Whether a release is worked on, or held by the pause of its wave's publications."""

    def _starts(release: Release) -> bool:
        lease = begin(release)
        try:
            Attempt(lease, store=store, now=lambda: NOW).start()
        except Paused:
            return False
        finally:
            leases.end(release.id, release.appid, lease.number)
        return True

    return _starts


def test_the_pause_in_which_the_rest_waits_does_not_hold_the_canary(
    approved: list[Release], orders: Orders, starts: Starts
) -> None:
    ordered = orders.publish_wave("spring", ANNA, canary=2)

    assert [starts(release) for release in ordered[1:3]] == [True, False]


@pytest.mark.parametrize(
    ("step", "max_blocked"), [(Step.PUBLISH, 10), (Step.VERIFY_LIVE, 10), (Step.VERIFY_LIVE, 100)]
)
def test_the_first_that_goes_wrong_of_a_canary_stops_the_others_of_it_until_a_person_lets_them_go_on(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    starts: Starts,
    redis_client: redis.Redis,
    step: Step,
    max_blocked: int,
) -> None:
    ordered = orders.publish_wave("spring", ANNA, canary=3, max_blocked=max_blocked)
    ends(ordered[0], Status.BLOCKED, step)
    look(waves, redis_client)

    assert [starts(release) for release in ordered[1:]] == [False] * 4

    orders.resume_wave("spring", ANNA)
    look(waves, redis_client)

    assert [starts(release) for release in ordered] == [True] * 5


def test_one_of_a_braked_canary_goes_on_where_a_person_resumes_that_one(
    approved: list[Release],
    orders: Orders,
    releases: Releases,
    reader: Reader,
    starts: Starts,
    store: ReleaseStore,
    pauses: Pauses,
) -> None:
    first, second, *_ = orders.publish_wave("spring", ANNA, canary=2)
    brake = Pause(**a_problem().model_dump())
    assert pauses.replace(SCOPE, pauses.current(SCOPE), brake)
    for one in (first, second):
        brought_to(
            store, one, status=Status.WAITING, progress=one.progress.model_copy(update={"held": SCOPE})
        )

    releases.resume(first.id, ANNA)

    assert [starts(reader.get(one.id)) for one in (first, second)] == [True, False]


def ordered_counts(**numbers: int) -> dict[str, int]:
    return {str(status): numbers.get(status, 0) for status in Status}


def test_after_the_canary_a_person_says_that_the_rest_goes_on(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    due: Due,
    ends: Ends,
    report: Report,
    store: ReleaseStore,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA, canary=2)
    ends(approved[0], Status.LIVE)
    look(waves, redis_client)
    orders.resume_wave("spring", ANNA)
    assert waves.state("spring", LIVE).held == 3, "a canary that runs is not cut short"
    assert not report().stands_still

    ends(approved[1], Status.LIVE)
    for _ in range(3):
        look(waves, redis_client)

    assert waves.state("spring", LIVE).held == 3
    assert report().state is State.CANARY
    assert report().stands_still
    assert "its first 2 went live well, and a person says" in str(report().public()["reason"])
    assert orders.is_braked("spring")

    orders.resume_wave("spring", ANNA)
    look(waves, redis_client)

    assert report().state is State.RUNNING
    assert members(redis_client, keys.due(Lane.NEW))[-3:] == ids(approved[2:])
    stored = store.get(approved[4].id)
    assert stored is not None
    assert (stored.release.history[-1].what, stored.release.history[-1].by) == (
        "the publications of the wave go on",
        "cli:anna",
    )


def test_who_is_ordered_after_a_canary_waits_for_the_person_as_well_even_if_all_was_over(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    store: ReleaseStore,
    redis_client: redis.Redis,
) -> None:
    for late in approved[2:]:
        brought_to(store, late, status=Status.SUBMITTED)
    orders.publish_wave("spring", ANNA, canary=2)
    for one in approved[:2]:
        ends(one, Status.LIVE)
    look(waves, redis_client)
    assert redis_client.smembers(keys.PUBLISHED_WAVES) == set()

    for late in approved[2:]:
        brought_to(store, late, status=Status.APPROVED)
    orders.publish_wave("spring", ANNA)
    look(waves, redis_client)

    assert waves.state("spring", LIVE).held == 3
    orders.resume_wave("spring", ANNA)
    look(waves, redis_client)
    assert waves.state("spring", LIVE).held == 0


def test_an_order_that_was_broken_off_orders_the_rest_with_the_same_canary(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    store: ReleaseStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save_all = store.save_all

    def dies_in_the_middle(changes: list[object]) -> list[Release]:
        written = save_all(changes[:1])  # type: ignore[arg-type]
        if waves.state("spring", LIVE).pause is not None:
            raise redis.ConnectionError("away")
        return [*written, *save_all(changes[1:])]  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(store, "save_all", dies_in_the_middle)
        with pytest.raises(redis.ConnectionError):
            orders.publish_wave("spring", ANNA, canary=2)
    assert counted(store) == {"queued": 2, "waiting": 1}

    orders.publish_wave("spring", ANNA, canary=2)

    assert counted(store) == {"queued": 2, "waiting": 3}


def test_a_canary_of_which_too_many_are_blocked_brakes_the_publications_and_not_the_wave(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    report: Report,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA, canary=2, max_blocked=20)
    ends(approved[0], Status.LIVE)
    ends(approved[1], Status.BLOCKED, Step.PUBLISH)

    look(waves, redis_client)

    assert report().state is State.BRAKED
    pause = waves.state("spring", LIVE).pause
    assert pause is not None
    assert pause.errmsg == (
        "publications of wave spring are braked: of its canary 1 of 2 ended blocked, over the 20 % allowed"
    )
    assert "mprelease revert --wave spring" in pause.remedy
    assert waves.state("spring", FIRST).pause is None


@pytest.mark.parametrize("policy", [{}, {"max_blocked": 100}, {"canary": 2, "max_blocked": 100}])
def test_one_that_is_live_and_broken_brakes_the_publications_at_once(
    policy: dict[str, int],
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    report: Report,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA, **policy)  # type: ignore[arg-type]
    ends(approved[0], Status.BLOCKED, Step.PUBLISH)
    look(waves, redis_client)
    assert report().state is not State.BRAKED

    ends(approved[1], Status.BLOCKED, errmsg="the shop has lost https://api.example.com")
    look(waves, redis_client)

    assert report().state is State.BRAKED
    assert "1 of its releases is live and broken: the shop has lost https://api.example.com" in str(
        report().public()["reason"]
    )
    pause = waves.state("spring", LIVE).pause
    assert pause is not None
    assert "mprelease resume --wave spring" in pause.remedy
    assert "mprelease revert --wave spring" in pause.remedy


def test_one_that_was_ordered_by_itself_brakes_the_publications_of_its_wave_as_well(
    approved: list[Release],
    publications: Publications,
    waves: Waves,
    ends: Ends,
    redis_client: redis.Redis,
    begin: Callable[[Release], Held],
    store: ReleaseStore,
) -> None:
    for one in approved[:2]:
        publications.order(one.id, ANNA)
    ends(approved[0], Status.BLOCKED)
    look(waves, redis_client)

    held = begin(approved[1])

    assert SCOPE in held.pauses
    assert wave_scope("spring") not in held.pauses


def test_blocks_before_anything_is_published_count_against_the_bound(
    store: ReleaseStore,
    releases: Releases,
    orders: Orders,
    waves: Waves,
    ends: Ends,
    redis_client: redis.Redis,
) -> None:
    enqueued = Batch(store=store, releases=releases).enqueue(some_requests(40, wave="spring"))
    wave = [brought_to(store, one.release, status=Status.APPROVED) for one in enqueued]
    orders.publish_wave("spring", ANNA, max_blocked=25)
    for one in wave[:15]:
        ends(one, Status.LIVE)
    for one in wave[15:20]:
        ends(one, Status.BLOCKED, Step.PUBLISH)
    look(waves, redis_client)
    assert waves.state("spring", LIVE).pause is None

    for one in wave[20:22]:
        ends(one, Status.BLOCKED, Step.PUBLISH)
    look(waves, redis_client)

    pause = waves.state("spring", LIVE).pause
    assert pause is not None
    assert "7 of 22 ended blocked" in pause.errmsg
