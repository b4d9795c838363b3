"""A wave's brake comes at any moment of a publication: what has not been intended is not sent, what has been is ended."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from releases.record import Release
from releases.scope import live_scope
from releases.states import Status, Step
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from releases.waves.brake import WavePolicy, publication_canary
from tasks.interim import Parked
from tests.integration.tasks.running import Run, now, run, wechat
from tests.integration.tasks.test_step_live import HOSTS, guard, one
from tests.support.examples import a_problem
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat
from tests.support.live import INTENT, OLD, shown
from tests.support.records import members

#: The fixtures of its neighbour.
__all__ = ["run", "wechat"]

SCOPE = live_scope("spring")
BRAKE = Pause(**a_problem(errmsg="a shop is broken").model_dump())
CANARY = publication_canary("spring", WavePolicy(canary=2, max_blocked=10))
KINDS = pytest.mark.parametrize("kind", [{}, {"canary": True}])


def is_held(release: Release) -> bool:
    return (release.status, release.progress.held) == (Status.WAITING, SCOPE)


@KINDS
def test_a_brake_that_comes_during_the_guard_holds_it_and_nothing_is_sent(
    kind: dict[str, Any],
    run: Run,
    store: ReleaseStore,
    wechat: FakeWeChat,
    pauses: Pauses,
    redis_client: redis.Redis,
) -> None:
    class BrakedMeanwhile(FakeMiniProgram):
        def gray_plan(self) -> None:
            before = pauses.current(SCOPE)
            assert pauses.replace(SCOPE, before, BRAKE)

    if kind:
        pauses.begin(SCOPE, CANARY)
    wechat.hosts = HOSTS
    wechat.scripted = BrakedMeanwhile(now=INTENT, **{**guard(), "gray_plan": []})
    stored = one(store, Step.PUBLISH, wave="spring", **kind)

    assert isinstance(run(Step.PUBLISH, stored.release), Parked)

    held = now(store, stored)
    assert is_held(held)
    assert (held.progress.publish_at, held.attempts) == (None, {})
    assert "release" not in wechat.scripted.calls
    assert members(redis_client, keys.held(SCOPE)) == [held.id]


@pytest.mark.parametrize(
    ("pause", "kind"), [(CANARY, {"canary": True}), (BRAKE, {"passes": True})], ids=["canary", "passes"]
)
def test_one_that_a_pause_of_its_wave_does_not_hold_is_sent_while_that_is_on(
    pause: Pause, kind: dict[str, Any], run: Run, store: ReleaseStore, wechat: FakeWeChat, pauses: Pauses
) -> None:
    pauses.begin(SCOPE, pause)
    wechat.hosts = HOSTS
    wechat.answers(now=INTENT, **guard(), release=[None])
    stored = one(store, Step.PUBLISH, wave="spring", **kind)

    run(Step.PUBLISH, stored.release)

    assert now(store, stored).step is Step.VERIFY_LIVE


@KINDS
@pytest.mark.parametrize("landed", [True, False])
def test_what_has_been_intended_is_ended_brake_or_not(
    kind: dict[str, Any],
    run: Run,
    store: ReleaseStore,
    wechat: FakeWeChat,
    pauses: Pauses,
    *,
    landed: bool,
) -> None:
    pauses.begin(SCOPE, BRAKE)
    wechat.hosts = HOSTS
    answers = {"versions": [shown()]} if landed else {"versions": [OLD], **guard(), "release": [None]}
    wechat.answers(now=INTENT, **answers)
    stored = one(store, Step.PUBLISH, wave="spring", publish_at=INTENT, **kind)

    run(Step.PUBLISH, stored.release)

    assert now(store, stored).step is Step.VERIFY_LIVE
