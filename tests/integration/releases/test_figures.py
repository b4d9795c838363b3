from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from celery import Celery

from db.database import Database
from releases.figures import FiguresReader, Stopped
from releases.record import Release
from releases.scope import Scope, live_scope, wave_scope
from releases.second_half import Publication, Review, ReviewStatus
from releases.states import Status, Step
from releases.store import keys
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.outbox import Outbox
from releases.store.pauses import Pause, Pauses
from releases.store.places import Place, due, held, looked_at
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy, canary_pause
from tasks.chain import send_chain
from tests.support.examples import NOW, a_problem, a_release, a_request
from tests.support.records import QUEUES, create_in

NOTHING = Known(active=None, same=None)


@pytest.fixture
def reader(redis_client: redis.Redis, store: ReleaseStore) -> FiguresReader:
    return FiguresReader(
        redis_client,
        store=store,
        now=lambda: NOW + timedelta(seconds=90),
        queues=("releases.urgent", "releases"),
        outbox=Outbox(Database(redis_client)),
    )


def stored(store: ReleaseStore, number: int, place: Place | None = None, **fields: object) -> Release:
    """A release that was created and then changed."""
    release = a_release(a_request(appid=f"wx{number:016x}"))
    assert create_in(store, release, NOTHING)
    before = store.get(release.id)
    assert before is not None
    return store.save(before, release.model_copy(update=fields), place=place).release


def test_an_empty_platform_is_all_zeros(reader: FiguresReader) -> None:
    figures = reader.read()
    assert set(figures.by_status.values()) == set(figures.held.values()) == {0}
    assert not any(figures.paused.values())
    assert (figures.stopped, figures.parked, figures.unfed, figures.unacknowledged) == ({}, 0, 0, 0)
    assert figures.waves_braked == 0
    assert figures.messages == figures.waited_s == {"releases.urgent": 0, "releases": 0}
    assert set(figures.publications.values()) == {0}
    assert len(figures.publications) == 15
    assert (figures.behind, figures.looks_late_s) == (0, 0)
    assert figures.oldest_s == {Status.SUBMITTED: 0, Status.APPROVED: 0}


def test_releases_stand_under_status_and_cause(reader: FiguresReader, store: ReleaseStore) -> None:
    for number in (1, 2):
        stored(store, number, status=Status.BLOCKED, block=a_problem(errcode=85018))
    stored(store, 3, status=Status.FAILED, failure=a_problem(step="commit_code"))

    figures = reader.read()

    assert figures.by_status[Status.BLOCKED] == 2
    assert figures.by_status[Status.FAILED] == 1
    assert figures.stopped == {
        Stopped(Status.BLOCKED, Step.ENSURE_DOMAINS, 85018): 2,
        Stopped(Status.FAILED, Step.COMMIT_CODE, None): 1,
    }


def test_a_pause_and_what_waits_for_it_are_told(
    reader: FiguresReader, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    Pauses(Database(redis_client)).begin(Scope.SUBMISSIONS, Pause(**a_problem().model_dump()))
    stored(store, 1, held(Scope.SUBMISSIONS), status=Status.WAITING)
    stored(store, 2, due(a_release(), NOW), status=Status.WAITING)

    figures = reader.read()

    assert figures.paused == {Scope.ALL: False, Scope.SUBMISSIONS: True}
    assert figures.held == {"all": 0, "submissions": 1, "canary": 0, "brake": 0}
    assert figures.parked == 1


def test_the_next_message_has_waited_since_its_record_was_written(
    reader: FiguresReader, store: ReleaseStore, celery_app: Celery
) -> None:
    send_chain(celery_app, stored(store, 1, updated_at=NOW), QUEUES, NOW)
    send_chain(celery_app, stored(store, 2, updated_at=NOW + timedelta(seconds=80)), QUEUES, NOW)

    figures = reader.read()

    assert figures.messages == {"releases.urgent": 0, "releases": 2}
    assert figures.waited_s == {"releases.urgent": 0, "releases": 90}


@pytest.mark.parametrize("garbage", ["", "no message", "[]", "{}", '{"headers": {"id": "nobody"}}'])
def test_of_an_item_that_is_no_message_of_ours_no_age_is_told(
    reader: FiguresReader, redis_client: redis.Redis, garbage: str
) -> None:
    redis_client.lpush("releases", garbage)
    assert reader.read().messages["releases"] == 1
    assert "releases" not in reader.read().waited_s


def test_the_newest_mini_programs_come_first(reader: FiguresReader, store: ReleaseStore) -> None:
    for number in (1, 2, 3):
        release = a_release(a_request(appid=f"wx{number:016x}"), created_at=NOW + timedelta(hours=number))
        assert create_in(store, release, NOTHING)
    assert store.newest_appids(2) == ["wx0000000000000003", "wx0000000000000002"]


def test_what_waves_hold_is_told_by_canary_and_brake(
    reader: FiguresReader, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    pauses = Pauses(Database(redis_client))
    brake = Pause(**a_problem().model_dump())
    canary = canary_pause("spring", WavePolicy(canary=1, max_blocked=10))
    for number, (wave, pause) in enumerate(
        [("spring", canary), ("summer", brake), ("autumn", brake), ("autumn", None), ("winter", None)]
    ):
        redis_client.sadd(keys.WATCHED_WAVES, wave)
        release = a_release(a_request(appid=f"wx{number:016x}", wave=wave))
        assert store.create_all([Creation(release, NOTHING, held(wave_scope(wave)))])
        if pause is not None:
            pauses.begin(wave_scope(wave), pause)

    figures = reader.read()

    assert (figures.held["canary"], figures.held["brake"], figures.unfed) == (1, 3, 0)
    assert figures.waves_braked == 2


def test_a_wave_whose_releases_are_at_rest_is_not_told_as_braked(
    reader: FiguresReader, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    Pauses(Database(redis_client)).begin(wave_scope("spring"), Pause(**a_problem().model_dump()))
    redis_client.sadd(keys.WATCHED_WAVES, "spring")
    release = a_release(a_request(wave="spring"))
    assert create_in(store, release, NOTHING)
    assert reader.read().waves_braked == 1

    before = store.get(release.id)
    assert before is not None
    store.save(before, release.model_copy(update={"status": Status.BLOCKED, "block": a_problem()}))

    assert reader.read().waves_braked == 0


def hours_ago(hours: int) -> Review:
    at = NOW - timedelta(hours=hours)
    return Review(status=ReviewStatus.IN_REVIEW, submitted_at=at, decided_at=at)


def changed(store: ReleaseStore, release: Release, **fields: object) -> Release:
    before = store.get(release.id)
    assert before is not None
    return store.save(before, before.release.model_copy(update=fields), place=None).release


def test_the_oldest_audit_is_that_submitted_first_and_not_that_enqueued_first(
    reader: FiguresReader, store: ReleaseStore
) -> None:
    for number, hours in ((1, 2), (2, 9), (3, 5)):
        stored(store, number, looked_at(NOW), status=Status.SUBMITTED, review=hours_ago(hours))

    figures = reader.read()

    assert figures.oldest_s == {Status.SUBMITTED: 9 * 3600 + 90, Status.APPROVED: 0}


def test_what_has_been_decided_or_published_is_the_oldest_no_more(
    reader: FiguresReader, store: ReleaseStore
) -> None:
    release = stored(store, 1, looked_at(NOW), status=Status.SUBMITTED, review=hours_ago(9))

    changed(store, release, status=Status.APPROVED, review=hours_ago(3))
    assert reader.read().oldest_s == {Status.SUBMITTED: 0, Status.APPROVED: 3 * 3600 + 90}

    changed(store, release, status=Status.LIVE)
    assert reader.read().oldest_s == {Status.SUBMITTED: 0, Status.APPROVED: 0}


def test_a_look_that_nobody_takes_is_late(reader: FiguresReader, store: ReleaseStore) -> None:
    for number, minutes in ((1, 10), (2, -10), (3, 3)):
        at = NOW - timedelta(minutes=minutes)
        stored(store, number, looked_at(at), status=Status.SUBMITTED, review=hours_ago(1))

    assert reader.read().looks_late_s == 600 + 90


def test_publications_stand_under_step_and_status(reader: FiguresReader, store: ReleaseStore) -> None:
    for number in (1, 2):
        block = a_problem(step="verify_live")
        release = stored(store, number, status=Status.BLOCKED, step=Step.VERIFY_LIVE, block=block)
    stored(store, 3, due(a_release(), NOW), status=Status.WAITING, step=Step.PUBLISH)

    told = {of: number for of, number in reader.read().publications.items() if number}
    assert told == {(Step.VERIFY_LIVE, Status.BLOCKED): 2, (Step.PUBLISH, Status.WAITING): 1}

    changed(store, release, status=Status.REVERTED, step=Step.REVERT, block=None)
    assert reader.read().publications[Step.VERIFY_LIVE, Status.BLOCKED] == 1


def test_what_waits_behind_an_older_release_is_not_told_as_parked(
    reader: FiguresReader, store: ReleaseStore
) -> None:
    waits = a_release().progress.model_copy(update={"behind": "older"})
    release = stored(store, 1, looked_at(NOW), status=Status.WAITING, progress=waits)
    assert (reader.read().behind, reader.read().parked) == (1, 0)

    changed(store, release, status=Status.CANCELLED)
    assert (reader.read().behind, reader.read().parked) == (0, 0)


def test_braked_publications_are_told_with_what_they_hold(
    reader: FiguresReader, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    Pauses(Database(redis_client)).begin(live_scope("spring"), Pause(**a_problem().model_dump()))
    release = a_release(a_request(wave="spring"))
    assert create_in(store, release, NOTHING)
    changed(store, release, status=Status.APPROVED)
    before = store.get(release.id)
    assert before is not None
    progress = before.release.progress.model_copy(update={"held": live_scope("spring")})
    ordered = {"step": Step.PUBLISH, "status": Status.WAITING, "publication": Publication(ordered_at=NOW)}
    waits = before.release.model_copy(update={**ordered, "progress": progress})
    store.save(before, waits, place=held(live_scope("spring")))

    figures = reader.read()

    assert (figures.held["brake"], figures.parked, figures.waves_braked) == (1, 0, 1)
