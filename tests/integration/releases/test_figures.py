from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from celery import Celery

from db.database import Database
from releases.figures import FiguresReader, Stopped
from releases.record import Release
from releases.scope import Scope, wave_scope
from releases.states import Status, Step
from releases.store import keys
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.outbox import Outbox
from releases.store.pauses import Pause, Pauses
from releases.store.places import Place, due, held
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
