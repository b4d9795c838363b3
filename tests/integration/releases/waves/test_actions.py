"""The log of actions: an entry for each order that changes something, and none for anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import redis

from db.database import Database
from releases.background.due import Due
from releases.errors import ReleaseConflict
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.orders import Orders
from releases.intake.publications import Publications
from releases.record import NOBODY, By, Release
from releases.scope import Scope
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.store import actions as log
from releases.store import keys
from releases.store.actions import Action, Actions, What
from releases.store.pauses import Pauses
from releases.store.records import ReleaseStore
from releases.waves.waves import Waves
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.integration.releases.waves.publishing import ANNA, Ends, all_is_as_it_has_to_be
from tests.support.examples import APPID, NOW, a_problem, a_request

#: The fixture of its neighbour.
__all__ = ["all_is_as_it_has_to_be"]

IN_REVIEW = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
BERT = By(actor="key:bert")


@pytest.fixture
def releases(store: ReleaseStore, due: Due, pauses: Pauses) -> Releases:
    """As its neighbours', but time passes between two looks at the clock."""
    ticks = count()
    return Releases(
        store=store,
        send=due.send,
        pauses=pauses,
        now=lambda: NOW + timedelta(milliseconds=next(ticks)),
    )


@pytest.fixture
def publications(store: ReleaseStore, due: Due, releases: Releases) -> Publications:
    return Publications(store=store, send=due.send, now=releases.now)


@pytest.fixture
def batch(store: ReleaseStore, releases: Releases) -> Batch:
    return Batch(store=store, releases=releases)


@pytest.fixture
def actions(redis_client: redis.Redis) -> Actions:
    return Actions(Database(redis_client))


@pytest.fixture
def noted(actions: Actions, redis_client: redis.Redis) -> Callable[[], list[dict[str, Any]]]:
    """What stands in the log since this was asked last, oldest first: what is given, without id and time."""

    def _noted() -> list[dict[str, Any]]:
        found = actions.newest(log.MOST).actions[::-1]
        redis_client.delete(keys.ACTIONS)
        return [one.model_dump(mode="json", exclude={"id", "time"}, exclude_none=True) for one in found]

    return _noted


Noted = Callable[[], list[dict[str, Any]]]


def by(who: By, what: str, **to: Any) -> dict[str, Any]:
    said = {"by": who.actor, "what": what, "reason": who.reason, **to}
    return {name: value for name, value in said.items() if value is not None}


SINGLE: list[tuple[str, Status, Step, Callable[[Releases, Publications, str], object]]] = [
    ("resume", Status.BLOCKED, Step.COMMIT_CODE, lambda releases, _, one: releases.resume(one, ANNA)),
    ("resume", Status.REJECTED, Step.SUBMIT_AUDIT, lambda releases, _, one: releases.resume(one, ANNA)),
    ("cancel", Status.QUEUED, Step.ENSURE_DOMAINS, lambda releases, _, one: releases.cancel(one, by=ANNA)),
    ("withdraw", Status.SUBMITTED, Step.SUBMIT_AUDIT, lambda _, orders, one: orders.withdraw(one, ANNA)),
    ("publish", Status.APPROVED, Step.SUBMIT_AUDIT, lambda _, orders, one: orders.order(one, ANNA)),
    ("revert", Status.LIVE, Step.VERIFY_LIVE, lambda _, orders, one: orders.revert(one, ANNA)),
    ("revert", Status.BLOCKED, Step.VERIFY_LIVE, lambda _, orders, one: orders.revert(one, ANNA)),
]


@pytest.mark.parametrize(("what", "status", "step", "do"), SINGLE)
def test_an_order_for_one_release_is_noted_once_however_often_it_is_given(
    what: str,
    status: Status,
    step: Step,
    do: Callable[[Releases, Publications, str], object],
    releases: Releases,
    publications: Publications,
    store: ReleaseStore,
    noted: Noted,
) -> None:
    release = releases.enqueue(a_request(wave="spring"), by=BERT).release
    to = {"release_id": release.id, "appid": APPID, "wave": "spring", "number": 1}
    assert noted() == [by(BERT, "enqueue", **to)]
    stopped = {"block": a_problem(step=step)} if status is Status.BLOCKED else {}
    brought_to(store, release, status=status, step=step, auditid=7, review=IN_REVIEW, **stopped)
    assert noted() == []

    do(releases, publications, release.id)
    do(releases, publications, release.id)

    assert noted() == [by(ANNA, what, **to)]


def test_a_repeated_request_is_not_noted_and_one_that_supersedes_is_one_order(
    releases: Releases, noted: Noted
) -> None:
    first = releases.enqueue(a_request(), "message-1").release
    releases.enqueue(a_request(), "message-1")
    releases.enqueue(a_request())
    assert [one["release_id"] for one in noted()] == [first.id]

    newer = releases.enqueue(a_request(user_version="2", supersede=True), by=ANNA).release
    assert noted() == [by(ANNA, "enqueue", release_id=newer.id, appid=APPID, number=1)]


def test_an_order_that_is_refused_is_not_noted(
    releases: Releases, publications: Publications, store: ReleaseStore, noted: Noted
) -> None:
    release = releases.enqueue(a_request()).release
    with pytest.raises(ReleaseConflict):
        publications.order(release.id, ANNA)
    with pytest.raises(ReleaseConflict):
        releases.enqueue(a_request(user_version="2"), by=ANNA)
    # Another one has taken its place: that is found when it is written.
    brought_to(store, release, status=Status.REJECTED, step=Step.SUBMIT_AUDIT)
    releases.enqueue(a_request(user_version="2"), by=BERT)
    with pytest.raises(ReleaseConflict):
        releases.resume(release.id, ANNA)

    assert {one.get("by") for one in noted()} == {None, BERT.actor}


def test_an_order_whose_message_comes_again_is_noted_once(
    approved: list[Release], publications: Publications, releases: Releases, noted: Noted
) -> None:
    noted()
    publications.order(approved[0].id, ANNA, request_id="message-1")
    releases.cancel(approved[0].id, by=ANNA, request_id="message-2")
    publications.order(approved[0].id, ANNA, request_id="message-1")

    assert [one["what"] for one in noted()] == ["publish", "cancel"]


def test_a_wave_is_one_entry_with_its_number_for_each_order(
    batch: Batch, orders: Orders, store: ReleaseStore, noted: Noted
) -> None:
    wave = [one.release for one in batch.enqueue(some_requests(5, wave="spring"), by=BERT)]
    batch.enqueue(some_requests(5, wave="spring"), by=BERT)
    assert noted() == [by(BERT, "enqueue", wave="spring", number=5)]

    for release in wave[:3]:
        brought_to(store, release, status=Status.BLOCKED, block=a_problem())
    for _ in range(2):
        orders.resume_wave("spring", ANNA)
    assert noted() == [by(ANNA, "resume", wave="spring", number=3)]

    for release in wave[:4]:
        brought_to(store, release, status=Status.APPROVED, step=Step.SUBMIT_AUDIT, auditid=7)
    for _ in range(2):
        orders.publish_wave("spring", ANNA, canary=1, max_blocked=5, not_before=NOW)
    said = "canary 1, at most 5 % blocked or failed, not before 2026-03-14 09:26:53 UTC"
    (published,) = noted()
    assert published == by(ANNA, "publish", wave="spring", number=4, detail=published["detail"])
    assert published["detail"].partition(", not before ")[0] == said.partition(", not before ")[0]
    assert f"{NOW:%Y-%m-%d %H:%M:%S} UTC" in published["detail"]

    for _ in range(2):
        orders.cancel_wave("spring", ANNA)
    assert noted() == [by(ANNA, "cancel", wave="spring", number=5)]


def test_a_wave_that_is_taken_back_is_one_entry(
    approved: list[Release], orders: Orders, ends: Ends, noted: Noted
) -> None:
    orders.publish_wave("spring", BERT)
    for release in approved[:2]:
        ends(release, Status.LIVE)
    ends(approved[2], Status.BLOCKED)
    noted()

    for _ in range(2):
        orders.revert_wave("spring", ANNA)

    assert noted() == [by(ANNA, "revert", wave="spring", number=3)]


def test_a_braked_wave_that_goes_on_counts_what_it_held(
    approved: list[Release], orders: Orders, ends: Ends, waves: Waves, pauses: Pauses, noted: Noted
) -> None:
    orders.publish_wave("spring", BERT, canary=1)
    ends(approved[0], Status.LIVE)
    waves.look()
    assert pauses.current("live:spring") is not None
    noted()

    orders.resume_wave("spring", ANNA)

    assert noted() == [by(ANNA, "resume", wave="spring", number=4)]


def test_the_platforms_pause_and_its_end_are_noted(
    orders: Orders, releases: Releases, store: ReleaseStore, noted: Noted
) -> None:
    orders.pause_platform(Scope.SUBMISSIONS, ANNA)
    release = releases.enqueue(a_request()).release
    progress = release.progress.model_copy(update={"held": str(Scope.SUBMISSIONS)})
    brought_to(store, release, status=Status.WAITING, progress=progress)
    for _ in range(2):
        orders.resume_platform(BERT)
    orders.set_bound("spring", 5, NOBODY)

    paused, _, resumed, bound = noted()
    assert paused == by(ANNA, "pause", scope="submissions")
    assert resumed == by(BERT, "resume-platform", scope="submissions", number=1)
    assert bound == by(NOBODY, "set-bound", wave="spring", detail="at most 5 % blocked or failed")


def test_pages_are_newest_first_and_what_is_added_meanwhile_moves_none(actions: Actions) -> None:
    # More than are read at once, some of them of the same moment.
    times = [NOW + timedelta(seconds=n // 3) for n in range(1200)]
    for at in times:
        actions.note(Action.of(What.PAUSE, ANNA, at))

    page, found = actions.newest(700), list[Action]()
    found += page.actions
    actions.note(Action.of(What.PAUSE, ANNA, NOW + timedelta(days=1)))
    page = actions.newest(700, page.more_after)
    found += page.actions

    assert page.more_after is None
    assert [one.time for one in found] == times[::-1]
    assert len({one.id for one in found}) == 1200


def test_entries_are_found_by_actor_and_by_wave(actions: Actions) -> None:
    for n in range(4):
        actions.note(
            Action.of(
                What.RESUME, (ANNA, BERT)[n % 2], NOW + timedelta(seconds=n), wave=("spring", "may")[n // 2]
            )
        )

    def found(limit: int = 9, **wanted: str) -> list[tuple[str | None, str | None]]:
        return [(one.by, one.wave) for one in actions.newest(limit, **wanted).actions]  # type: ignore[arg-type]

    assert found(by="anna") == found(by="cli:anna") == [("cli:anna", "may"), ("cli:anna", "spring")]
    assert found(wave="spring") == [("key:bert", "spring"), ("cli:anna", "spring")]
    assert found(by="key:bert", wave="may") == [("key:bert", "may")]
    assert found(by="key:anna") == found(by="key") == found(wave="spr") == []
    page = actions.newest(1, by="anna")
    assert page.more_after is not None
    rest = actions.newest(1, page.more_after, by="anna")
    assert ([one.wave for one in rest.actions], rest.more_after) == (["spring"], None)


def test_a_full_log_loses_its_oldest_entries(
    actions: Actions, releases: Releases, redis_client: redis.Redis
) -> None:
    old = [Action.of(What.PAUSE, ANNA, NOW - timedelta(seconds=n)) for n in range(1, log.MOST + 1)]
    entries = {one.model_dump_json(exclude_defaults=True): one.time.timestamp() for one in old}
    redis_client.zadd(keys.ACTIONS, entries)

    releases.enqueue(a_request(), by=ANNA)
    actions.note(Action.of(What.PAUSE, ANNA, NOW + timedelta(days=1)))

    assert redis_client.zcard(keys.ACTIONS) == log.MOST
    newest = actions.newest(3).actions
    assert [one.what for one in newest] == [What.PAUSE, What.ENQUEUE, What.PAUSE]
    assert newest[2] == old[0]
    assert actions.newest(log.MOST).actions[-1] == old[-3]
