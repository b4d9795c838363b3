"""A wave's publications are resumed, cancelled, taken back, or wait for the night."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import redis

from releases.background.due import Due
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.reading import Reader
from releases.record import Release
from releases.scope import wave_scope
from releases.states import Status, Step
from releases.steps.live.hours import Hours
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from releases.waves.halves import FIRST, LIVE
from releases.waves.waves import Waves
from tests.integration.releases.together import brought_to
from tests.integration.releases.waves.conftest import MakeOrders
from tests.integration.releases.waves.publishing import (
    ANNA,
    Ends,
    Report,
    all_is_as_it_has_to_be,
    counted,
    ids,
    report,
)
from tests.integration.releases.waves.test_waves import look
from tests.support.examples import NOW, a_problem
from tests.support.records import at, members
from tests.support.stored_results import StoredResults

#: The fixtures of its neighbour.
__all__ = ["all_is_as_it_has_to_be", "report"]


def test_a_resume_starts_what_stopped_in_either_half_and_lets_both_go_on(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    pauses: Pauses,
    ends: Ends,
    reader: Reader,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA)
    broken = ends(approved[0], Status.BLOCKED)
    blocked = ends(approved[1], Status.BLOCKED, Step.ENSURE_DOMAINS, errcode=85017)
    look(waves, redis_client)
    pauses.begin(wave_scope("spring"), Pause(**a_problem().model_dump()))

    orders.resume_wave("spring", ANNA)
    look(waves, redis_client)

    assert reader.get(broken.id).status is Status.QUEUED
    assert reader.get(broken.id).step is Step.VERIFY_LIVE
    assert reader.get(blocked.id).status is Status.QUEUED
    assert waves.state("spring", LIVE).pause is None
    assert waves.state("spring", FIRST).pause is None


def test_another_bound_holds_for_publications_as_well_where_there_are_some(
    approved: list[Release], orders: Orders, waves: Waves
) -> None:
    waves.set_bound("spring", 30)
    assert waves.state("spring", LIVE).policy is None
    orders.publish_wave("spring", ANNA, canary=2, max_blocked=20)

    waves.set_bound("spring", 55)

    policy = waves.state("spring", LIVE).policy
    assert policy is not None
    assert (policy.canary, policy.max_blocked) == (2, 55)


def test_a_cancel_gives_back_what_was_not_sent_and_the_brake_is_gone(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    reader: Reader,
    store: ReleaseStore,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA, canary=3)
    ends(approved[0], Status.LIVE)
    called = reader.get(approved[1].id)
    brought_to(
        store, called, status=Status.RUNNING, progress=called.progress.model_copy(update={"publish_at": 1.0})
    )
    ends(approved[2], Status.BLOCKED, Step.PUBLISH)

    orders.cancel_wave("spring", ANNA)

    statuses = [reader.get(release.id).status for release in approved]
    assert statuses == [Status.LIVE, Status.RUNNING, *[Status.APPROVED] * 3]
    assert counted(store) == {"live": 1, "running": 1}
    assert waves.state("spring", LIVE).pause is None


def test_what_another_cancel_of_the_wave_makes_approved_again_at_that_moment_is_not_given_up(
    approved: list[Release],
    orders: Orders,
    orders_within: MakeOrders,
    releases: Releases,
    reader: Reader,
) -> None:
    class Overtaken(Releases):
        def cancel_all(self, *args: Any, **named: Any) -> None:
            orders.cancel_wave("spring", ANNA)
            super().cancel_all(*args, **named)

    orders.publish_wave("spring", ANNA)
    overtaken = Overtaken(**{field.name: getattr(releases, field.name) for field in fields(releases)})

    orders_within(Hours(), overtaken).cancel_wave("spring", ANNA)

    assert {reader.get(release.id).status for release in approved} == {Status.APPROVED}


@pytest.mark.parametrize(("publish", "waits"), [("auto", True), ("manual", False)])
def test_what_is_to_go_live_by_itself_once_it_is_approved_waits_when_its_wave_is_taken_back(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    store: ReleaseStore,
    publish: str,
    *,
    waits: bool,
) -> None:
    orders.publish_wave("spring", ANNA)
    for release in approved[:4]:
        ends(release, Status.LIVE)
    brought_to(
        store,
        approved[4],
        status=Status.SUBMITTED,
        step=Step.SUBMIT_AUDIT,
        publication=None,
        publish=publish,
    )

    orders.revert_wave("spring", ANNA)

    assert (waves.state("spring", LIVE).pause is not None) is waits


def test_what_is_live_is_taken_back_well_or_broken_and_the_rest_waits(
    approved: list[Release],
    orders: Orders,
    waves: Waves,
    ends: Ends,
    reader: Reader,
    store: ReleaseStore,
    results: StoredResults,
    redis_client: redis.Redis,
) -> None:
    orders.publish_wave("spring", ANNA)
    ends(approved[0], Status.LIVE)
    ends(approved[1], Status.BLOCKED)
    ends(approved[2], Status.BLOCKED, Step.PUBLISH)

    taken_back = orders.revert_wave("spring", ANNA)

    assert ids(taken_back) == ids(approved[:2])
    assert {(one.status, one.step, one.history[-1].by) for one in taken_back} == {
        (Status.QUEUED, Step.REVERT, "cli:anna")
    }
    assert set(ids(approved[:2])) <= set(members(redis_client, keys.due(Lane.NEW)))
    assert reader.get(approved[2].id).status is Status.BLOCKED
    pause = waves.state("spring", LIVE).pause
    assert pause is not None
    assert pause.errmsg == "wave spring is being taken back"
    assert orders.revert_wave("spring", ANNA) == []


def test_a_revert_that_was_stopped_goes_on(
    approved: list[Release], orders: Orders, ends: Ends, reader: Reader, store: ReleaseStore
) -> None:
    orders.publish_wave("spring", ANNA)
    ends(approved[0], Status.BLOCKED, Step.REVERT)
    sent = reader.get(approved[0].id)
    brought_to(store, sent, progress=sent.progress.model_copy(update={"revert_at": 5.0}))

    (again,) = orders.revert_wave("spring", ANNA)

    assert (again.status, again.progress.revert_at) == (Status.QUEUED, 5.0)


def test_ordered_for_the_night_they_wait_for_it_in_the_index_and_not_in_the_queue(
    approved: list[Release],
    orders: Orders,
    due: Due,
    report: Report,
    store: ReleaseStore,
    redis_client: redis.Redis,
) -> None:
    night = at(3600)

    ordered = orders.publish_wave("spring", ANNA, canary=1, not_before=night)

    assert ordered[0].next_attempt_at == night
    assert due.bring() == 0
    assert redis_client.zscore(keys.due(Lane.NEW), approved[0].id) == pytest.approx(
        night.timestamp(), abs=0.01
    )
    assert {one.progress.not_before for one in store.find(wave="spring")} == {night.timestamp()}
    assert "1 held back: their time has not come" in str(report().public()["reason"])


def test_an_order_outside_of_the_hours_waits_for_them_at_once(
    approved: list[Release], orders_within: MakeOrders
) -> None:
    orders = orders_within(Hours(((22 * 60, 6 * 60),)))

    ordered = orders.publish_wave("spring", ANNA)

    assert {one.next_attempt_at for one in ordered} == {NOW.replace(hour=22, minute=0, second=0)}
    assert {one.status for one in ordered} == {Status.WAITING}
