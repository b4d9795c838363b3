"""Releases of every kind, as tests of all that Redis holds need them."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.intake.many import Batch
from releases.intake.one import Releases
from releases.record import Release
from releases.scope import Scope
from releases.states import Status
from releases.store.leases import Held, Leases
from releases.store.pauses import Pauses
from releases.store.places import Place, due, held, looked_at
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy
from tests.integration.releases.together import WAVE, brought_to, wx
from tests.support.examples import a_problem, a_request
from tests.support.records import at

Ids = dict[str, str]


@pytest.fixture
def ids(
    redis_client: redis.Redis, store: ReleaseStore, releases: Releases, leases: Leases, pauses: Pauses
) -> Ids:
    """Releases of every kind, by what they are, and a wave with a canary."""

    def enqueued(name: str, **fields: Any) -> Release:
        return releases.enqueue(a_request(appid=wx(name), **fields)).release

    def moved(release: Release, place: Place, **state: Any) -> None:
        stored = store.get(release.id)
        assert stored is not None
        after = stored.release.model_copy(update={"status": Status.WAITING, **state})
        store.save(stored, after, place=place)

    decided = ("rejected", "approved", "live")
    made = {
        name: enqueued(name)
        for name in (
            "sent",
            "due",
            "blocked",
            "failed",
            "cancelled",
            "submitted",
            "held",
            "worked-on",
            *decided,
        )
    }
    made["urgent"] = enqueued("urgent", urgent=True)
    moved(made["due"], due(made["due"], at(60)), wait=a_problem(errcode=-1))
    brought_to(store, made["blocked"], status=Status.BLOCKED, block=a_problem(errcode=85017))
    brought_to(store, made["failed"], status=Status.FAILED, failure=a_problem())
    releases.cancel(made["cancelled"].id)
    moved(made["submitted"], looked_at(at(60)), status=Status.SUBMITTED, auditid=7)
    for name in decided:
        brought_to(store, made[name], status=Status(name), auditid=7)
    pauses.begin_by_hand(Scope.SUBMISSIONS, "")
    progress = made["held"].progress.model_copy(update={"held": str(Scope.SUBMISSIONS)})
    moved(made["held"], held(Scope.SUBMISSIONS), progress=progress)
    assert isinstance(leases.begin(made["worked-on"].id, wx("worked-on")), Held)
    batch = Batch(store=store, releases=releases)
    wave = batch.enqueue(
        [a_request(appid=wx(f"wave-{n}"), wave=WAVE) for n in range(3)], WavePolicy(canary=1, max_blocked=10)
    )
    brought_to(store, wave[0].release, status=Status.RUNNING, attempts={"ensure_domains": 1})
    return {
        **{name: release.id for name, release in made.items()},
        **{f"wave-{n}": one.release.id for n, one in enumerate(wave)},
    }
