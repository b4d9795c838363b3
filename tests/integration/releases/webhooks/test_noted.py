"""What is noted for the webhook, by the script that changes the record; and that nothing is where nobody sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import redis

from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.scope import wave_scope
from releases.states import Status
from releases.store.outbox import KEPT_S, Outbox
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from releases.waves.waves import Waves
from releases.webhooks.sender import Sender
from tests.integration.releases.intake.test_many import some_requests
from tests.integration.releases.together import brought_to
from tests.integration.releases.waves.test_waves import end, look
from tests.support.examples import a_problem, a_request
from tests.support.invariants import broken
from tests.support.looks import Look

CANARY = WavePolicy(canary=2, max_blocked=10)
Noted = Callable[[], set[str]]


@pytest.fixture
def noted(redis_client: redis.Redis) -> Noted:
    """What has been noted since the last look."""

    def look() -> set[str]:
        found = set(cast("list[str]", redis_client.zrange("releases:changed", 0, -1))) - {""}
        if found:
            redis_client.zrem("releases:changed", *found)
        return found

    return look


def test_what_changes_is_noted_before_anybody_has_sent(
    make_sender: Callable[[], Sender],
    releases: Releases,
    noted: Noted,
    outbox: Outbox,
    redis_client: redis.Redis,
) -> None:
    assert not outbox.standing().is_on
    make_sender().open()
    assert outbox.standing().is_on
    release = releases.enqueue(a_request()).release
    assert noted() == {f"release:{release.id}"}
    assert 0 < redis_client.ttl("releases:changed") <= KEPT_S


def test_nothing_is_noted_where_nobody_sends(
    releases: Releases, store: ReleaseStore, waves: Waves, pauses: Pauses, redis_client: redis.Redis
) -> None:
    release = (
        Batch(store=store, releases=releases).enqueue(some_requests(2, wave="spring"), CANARY)[0].release
    )
    brought_to(store, release, status=Status.BLOCKED, block=a_problem())
    waves.set_bound("spring", 20)
    pauses.lift(wave_scope("spring"))
    look(waves, redis_client)

    assert not redis_client.exists("releases:changed")
    assert not redis_client.hexists("releases:wave-counts:spring", "revision")


def test_what_is_noted_expires_when_nobody_sends_any_more(
    webhooks: Sender, redis_client: redis.Redis
) -> None:
    redis_client.persist("releases:changed")

    webhooks.send()

    assert KEPT_S - 60 < redis_client.ttl("releases:changed") <= KEPT_S


def test_each_change_of_a_release_is_noted(
    webhooks: Sender, releases: Releases, store: ReleaseStore, noted: Noted
) -> None:
    first = releases.enqueue(a_request()).release
    assert noted() == {f"release:{first.id}"}

    brought_to(store, first, status=Status.BLOCKED, block=a_problem())
    assert noted() == {f"release:{first.id}"}

    second = releases.enqueue(a_request(user_version="2", supersede=True)).release
    assert noted() == {f"release:{first.id}", f"release:{second.id}"}

    releases.cancel(second.id)
    assert noted() == {f"release:{second.id}"}


def test_a_wave_is_noted_with_its_releases(
    webhooks: Sender, releases: Releases, store: ReleaseStore, noted: Noted, redis_client: redis.Redis
) -> None:
    made = Batch(store=store, releases=releases).enqueue(some_requests(2, wave="spring"), None)
    ids = {f"release:{one.release.id}" for one in made}
    assert noted() == ids | {"wave:spring"}

    brought_to(store, made[0].release, status=Status.BLOCKED, block=a_problem())
    assert noted() == {f"release:{made[0].release.id}", "wave:spring"}
    assert broken(Look.at(redis_client)) == []


CHANGES: dict[str, Callable[[Waves, Pauses], object]] = {
    "bound": lambda waves, pauses: waves.set_bound("spring", 20),
    "lifted": lambda waves, pauses: pauses.lift(wave_scope("spring")),
    "let-go": lambda waves, pauses: pauses.lift_unless_by_hand(wave_scope("spring")),
    "replaced": lambda waves, pauses: pauses.replace(
        wave_scope("spring"), pauses.current(wave_scope("spring")), None
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_wave_is_noted_when_its_pause_or_its_bound_changes(
    webhooks: Sender,
    releases: Releases,
    store: ReleaseStore,
    waves: Waves,
    pauses: Pauses,
    outbox: Outbox,
    noted: Noted,
    change: str,
) -> None:
    Batch(store=store, releases=releases).enqueue(some_requests(3, wave="spring"), CANARY)
    noted()
    before = outbox.wave_revision("spring")

    CHANGES[change](waves, pauses)

    assert noted() == {"wave:spring"}
    assert outbox.wave_revision("spring") == before + 1


def test_a_wave_is_noted_when_its_canary_has_ended(
    webhooks: Sender,
    releases: Releases,
    store: ReleaseStore,
    waves: Waves,
    noted: Noted,
    redis_client: redis.Redis,
) -> None:
    made = Batch(store=store, releases=releases).enqueue(some_requests(3, wave="spring"), CANARY)
    for one in made[:2]:
        end(store, one.release, Status.BLOCKED)
    noted()

    look(waves, redis_client)

    assert noted() == {"wave:spring"}


def test_a_wave_is_noted_when_its_pause_goes_with_its_end(
    webhooks: Sender,
    releases: Releases,
    store: ReleaseStore,
    waves: Waves,
    pauses: Pauses,
    noted: Noted,
    redis_client: redis.Redis,
) -> None:
    made = Batch(store=store, releases=releases).enqueue(some_requests(3, wave="spring"), CANARY)
    scope = wave_scope("spring")
    assert pauses.replace(scope, pauses.current(scope), Pause(**a_problem().model_dump()))
    for one in made:
        releases.cancel(one.release.id)
    noted()

    look(waves, redis_client)

    assert pauses.current(scope) is None

    assert noted() == {"wave:spring"}


def test_it_is_noted_once_and_since_the_first_change(
    webhooks: Sender, releases: Releases, store: ReleaseStore, outbox: Outbox
) -> None:
    release = releases.enqueue(a_request()).release
    (first,) = outbox.undelivered()

    brought_to(store, release, status=Status.BLOCKED, block=a_problem())

    assert outbox.undelivered() == [first]
