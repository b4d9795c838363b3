"""A release that is to start at a time: it waits for that, says so, and is due then."""

from __future__ import annotations

from datetime import timedelta

import redis

from releases.background.due import Due
from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.states import Status, Step
from releases.store import keys
from releases.store.places import Lane
from releases.store.records import ReleaseStore
from tests.integration.conftest import Sender
from tests.support.examples import NOW, a_request
from tests.support.invariants import broken
from tests.support.looks import Look
from tests.support.records import at, stands

EARLIER = NOW - timedelta(hours=1)


def test_it_waits_until_then_and_nobody_sends_it_before(
    releases: Releases, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    then = at(3600)

    release = releases.enqueue(a_request(at=then.isoformat())).release

    assert (release.status, release.step, release.next_attempt_at) == (
        Status.WAITING,
        Step.ENSURE_DOMAINS,
        then,
    )
    assert release.wait is not None
    assert release.wait.errmsg == f"not to be started before {then:%Y-%m-%d %H:%M} UTC"
    assert f"at {then:%Y-%m-%d %H:%M} UTC" in release.wait.remedy
    assert stands(redis_client, release, keys.due(Lane.NEW), then.timestamp())
    assert sender.sent == []
    assert due.bring() == 0
    assert broken(Look.at(redis_client)) == []


def test_it_is_sent_when_its_time_has_come(
    releases: Releases, due: Due, sender: Sender, redis_client: redis.Redis
) -> None:
    release = releases.enqueue(a_request(at=at(3600).isoformat())).release
    redis_client.zadd(keys.due(Lane.NEW), {release.id: at(-1).timestamp()})

    assert due.bring() == 1
    assert sender.ids == [release.id]


def test_a_time_that_has_passed_starts_it_now(releases: Releases, sender: Sender) -> None:
    release = releases.enqueue(a_request(at=EARLIER.isoformat())).release

    assert (release.status, release.wait) == (Status.QUEUED, None)
    assert sender.ids == [release.id]


def test_the_same_request_for_another_time_is_the_same_release(releases: Releases) -> None:
    first = releases.enqueue(a_request(at=at(3600).isoformat()))

    again = releases.enqueue(a_request(at=at(7200).isoformat()))

    assert (again.release, again.created) == (first.release, False)


def test_an_urgent_one_waits_as_well(releases: Releases, sender: Sender, redis_client: redis.Redis) -> None:
    then = at(3600)

    release = releases.enqueue(a_request(urgent=True, at=then.isoformat())).release

    assert stands(redis_client, release, keys.due(Lane.URGENT), then.timestamp())
    assert sender.sent == []


def test_many_wait_for_the_times_that_each_has(
    store: ReleaseStore, releases: Releases, due: Due, redis_client: redis.Redis
) -> None:
    requests = [
        a_request(appid=f"wx{n:016d}", wave="spring", at=at(n * 60 - 90).isoformat()) for n in range(1, 4)
    ]

    Batch(store=store, releases=releases).enqueue(requests)

    assert due.feed(10) == 1
    assert store.wave_tally("spring").waits == {"time": 3}, "one is sent, and not begun"
    assert broken(Look.at(redis_client)) == []


def test_a_resume_starts_it_at_once(releases: Releases, sender: Sender) -> None:
    release = releases.enqueue(a_request(at=at(3600).isoformat())).release

    resumed = releases.resume(release.id)

    assert (resumed.status, resumed.progress.not_before) == (Status.QUEUED, None)
    assert sender.ids == [release.id]
