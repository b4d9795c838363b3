"""A step whose time has not come waits for it, and says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.intake.publications import Publications
from releases.scope import live_scope, wave_scope
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.live.hours import Hours
from releases.steps.live.order import ordered
from releases.steps.live.times import Times
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.places import Lane, looked_at, sent
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from tasks.interim import Parked
from tests.integration.releases.together import brought_to
from tests.integration.tasks.running import At, Run, at, now, run, wechat
from tests.integration.tasks.test_looks import latest
from tests.support.examples import NOW, a_problem, a_request
from tests.support.fake_wechat import FakeWeChat

#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]

TEN = NOW.replace(hour=22, minute=0, second=0)


@pytest.fixture
def times() -> Times:
    return Times(hours=Hours(((22 * 60, 6 * 60),)), random=lambda: 0.0)


def test_a_publication_waits_for_its_hours_and_uses_up_no_attempt(
    run: Run, at: At, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    stored = at(Step.SUBMIT_AUDIT, Status.APPROVED)
    release = store.save(stored, ordered(stored.release, NOW), place=sent(stored.release, NOW)).release

    assert isinstance(run(Step.PUBLISH, release), Parked)

    waiting = now(store, stored)
    assert (waiting.status, waiting.step, waiting.next_attempt_at) == (Status.WAITING, Step.PUBLISH, TEN)
    assert waiting.wait is not None
    assert "before 2026-03-14 22:00 UTC" in waiting.wait.errmsg
    assert waiting.attempts == {}
    assert redis_client.zscore(keys.due(Lane.NEW), release.id) == TEN.timestamp()
    assert redis_client.get(keys.lease(release.appid)) is None


def test_one_that_is_published_as_soon_as_it_is_approved_waits_for_its_hours_as_well(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
    stored = at(Step.SUBMIT_AUDIT, Status.SUBMITTED, looked_at(NOW), auditid=7, review=review, publish="auto")
    wechat.answers(latest_audit=[latest(0)])
    run(Step.WATCH_AUDIT, stored.release)

    assert isinstance(run(Step.PUBLISH, stored.release), Parked)

    assert now(store, stored).next_attempt_at == TEN


def test_one_that_is_published_as_soon_as_it_is_approved_is_held_by_the_brake_of_its_waves_publications(
    run: Run, releases: Releases, store: ReleaseStore, pauses: Pauses, wechat: FakeWeChat
) -> None:
    release = releases.enqueue(a_request(wave="spring", publish="auto")).release
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
    brought_to(store, release, status=Status.SUBMITTED, step=Step.SUBMIT_AUDIT, auditid=7, review=review)
    pauses.begin(live_scope("spring"), Pause(**a_problem(errmsg="a shop is broken").model_dump()))
    wechat.answers(latest_audit=[latest(0)])
    run(Step.WATCH_AUDIT, release)

    assert isinstance(run(Step.PUBLISH, release), Parked)

    found = store.get(release.id)
    assert found is not None
    assert (found.release.status, found.release.waits_for) == (Status.WAITING, "wave")
    assert found.release.wait is not None
    assert found.release.wait.errmsg == "a shop is broken"


def test_a_release_with_a_time_of_its_own_that_waited_for_a_canary_waits_for_its_time_after_that(
    run: Run, releases: Releases, store: ReleaseStore, pauses: Pauses, redis_client: redis.Redis
) -> None:
    later = NOW + timedelta(hours=2)
    requests = [
        a_request(appid=f"wx{n:016d}", wave="spring", at=later.isoformat() if n else None) for n in range(2)
    ]
    enqueued = Batch(store=store, releases=releases).enqueue(requests, WavePolicy(canary=1, max_blocked=10))
    held = enqueued[1].release
    assert held.waits_for == "wave"
    pauses.lift(wave_scope("spring"))
    pauses.let_go(wave_scope("spring"))

    assert isinstance(run(Step.ENSURE_DOMAINS, held, held.appid), Parked)

    found = store.get(held.id)
    assert found is not None
    assert (found.release.waits_for, found.release.next_attempt_at) == ("time", later)


def test_a_resume_begins_at_once_what_waits_for_its_time_and_the_hours_stay(
    run: Run, at: At, store: ReleaseStore, releases: Releases, publications: Publications
) -> None:
    stored = at(Step.SUBMIT_AUDIT, Status.APPROVED)
    publications.order(stored.release.id, not_before=NOW + timedelta(days=3))
    assert isinstance(run(Step.PUBLISH, stored.release), Parked)

    releases.resume(stored.release.id)
    assert isinstance(run(Step.PUBLISH, stored.release), Parked)

    assert now(store, stored).next_attempt_at == TEN
