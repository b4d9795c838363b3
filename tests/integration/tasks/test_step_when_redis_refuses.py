"""What becomes of a step, its message and its result while Redis refuses, and where it has lost the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
import redis
from celery.exceptions import Reject

from releases.scope import Scope
from releases.states import TO_AUDIT, Status, Step
from releases.steps import outcomes
from releases.store import keys
from releases.store.leases import Held, Leases
from releases.store.pauses import Pause, Pauses
from releases.store.records import ReleaseStore
from tasks import steps  # noqa: F401 - importing the steps registers them
from tasks.interim import DROPPED
from tests.integration.tasks.running import CONFIGURED, OURS, At, Run, Runner, at, now, run, wechat
from tests.support.examples import APPID, NOW, a_problem
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat
from tests.support.stored_results import StoredResults
from wechat.domains import Domains

#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]


@pytest.fixture
def cut_off(redis_client: redis.Redis) -> Iterator[Callable[[], None]]:
    """Redis refuses every write, as a primary does that is cut off from its replicas."""

    def _begin() -> None:
        redis_client.config_set("min-replicas-to-write", 1)

    yield _begin
    redis_client.config_set("min-replicas-to-write", 0)


@pytest.fixture
def full(redis_client: redis.Redis) -> Iterator[Callable[[], None]]:
    """Redis has no memory left, and evicts nothing."""

    def _begin() -> None:
        redis_client.config_set("maxmemory", 1)

    yield _begin
    redis_client.config_set("maxmemory", 0)


@pytest.mark.parametrize("state", ["cut_off", "full"])
def test_when_redis_takes_no_writes_the_message_goes_back_to_the_queue(
    state: str, run: Run, at: At, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.redis_away.PAUSE_S", 0.0)
    stored = at(Step.ENSURE_DOMAINS)
    cast("Callable[[], None]", request.getfixturevalue(state))()

    with pytest.raises(Reject):
        run(Step.ENSURE_DOMAINS, stored.release)


@pytest.mark.parametrize("state", ["cut_off", "full"])
def test_an_end_that_redis_refuses_leaves_record_and_result_as_they_were(
    state: str,
    run: Run,
    at: At,
    store: ReleaseStore,
    results: StoredResults,
    wechat: FakeWeChat,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.redis_away.PAUSE_S", 0.0)
    begin = cast("Callable[[], None]", request.getfixturevalue(state))

    class Refusing(FakeMiniProgram):
        """Redis refuses from the moment on at which WeChat has taken the submission."""

        def submit_audit(self, audit: Mapping[str, Any]) -> int:
            begin()
            return 2**60

    wechat.scripted = Refusing(trial_version=[OURS])
    stored = at(Step.SUBMIT_AUDIT)

    with pytest.raises(Reject):
        run(Step.SUBMIT_AUDIT, stored.release)

    assert now(store, stored).status is Status.RUNNING
    assert results.handles == []


@pytest.mark.parametrize("step", TO_AUDIT)
def test_any_message_of_a_submitted_release_stores_its_result_again(
    step: Step, run: Run, at: At, results: StoredResults
) -> None:
    # A worker of an older version may have died between the record and the result, on whichever message it ran.
    stored = at(Step.SUBMIT_AUDIT, Status.SUBMITTED, auditid=2**60)
    results.expire()
    run(step, stored.release)
    assert results.succeeded == [(stored.release.id, 2**60)]


def test_a_probe_of_which_redis_is_not_told_frees_its_mini_program_later(
    run: Runner,
    at: At,
    pauses: Pauses,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    cut_off: Callable[[], None],
) -> None:
    class Refusing(FakeMiniProgram):
        """Redis refuses from the moment on at which WeChat has answered."""

        def domains(self) -> Domains:
            found = super().domains()
            cut_off()
            return found

    stored, steps_ = at(Step.ENSURE_DOMAINS), run.app.services.steps
    pauses.begin(
        Scope.ALL,
        Pause(**a_problem().model_dump(), until=NOW + timedelta(days=9999), probes=(stored.release.id,)),
    )
    wechat.scripted = Refusing(get=[CONFIGURED])
    begun = steps_.begin(Step.ENSURE_DOMAINS, stored.release.id, APPID, lambda: True)
    assert isinstance(begun, outcomes.Run)
    assert begun.attempt.is_probe

    with pytest.raises(redis.ResponseError):
        steps_.run(Step.ENSURE_DOMAINS, begun)

    redis_client.config_set("min-replicas-to-write", 0)
    run.app.services.leases.settle()
    assert redis_client.get(keys.lease(APPID)) is None


def test_a_lease_that_could_not_be_ended_is_ended_later(
    leases: Leases, at: At, redis_client: redis.Redis
) -> None:
    release = at(Step.ENSURE_DOMAINS).release
    held = leases.begin(release.id, release.appid)
    assert isinstance(held, Held)
    redis_client.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(redis.ResponseError, match="NOREPLICAS"):
            leases.end(release.id, release.appid, held.number)
    finally:
        redis_client.config_set("min-replicas-to-write", 0)
    leases.settle()
    assert isinstance(leases.begin(release.id, release.appid), Held)


def test_a_record_that_is_gone_is_told(
    run: Run, at: At, redis_client: redis.Redis, wechat: FakeWeChat, caplog: pytest.LogCaptureFixture
) -> None:
    stored = at(Step.SUBMIT_AUDIT)

    class Flushing(FakeMiniProgram):
        def submit_audit(self, audit: Mapping[str, Any]) -> int:
            redis_client.flushdb()
            return 2**60

    wechat.scripted = Flushing(trial_version=[OURS])
    assert run(Step.SUBMIT_AUDIT, stored.release) == DROPPED
    assert "its record is gone" in caplog.text
