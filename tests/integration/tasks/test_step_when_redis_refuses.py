"""What becomes of a step, its message and its result while Redis refuses, and where it has lost the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

import pytest
import redis
from celery.exceptions import Ignore, Reject

from releases.results import Outcomes
from releases.states import TO_AUDIT, Status, Step
from releases.store import keys  # noqa: F401 - importing the steps registers them
from releases.store.leases import Held, Leases
from releases.store.records import ReleaseStore
from tasks import steps  # noqa: F401 - importing the steps registers them
from tests.integration.conftest import NotedResults
from tests.integration.tasks.running import OURS, At, Run, at, now, run, wechat
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat

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


AUDIT = 2**60


@pytest.mark.parametrize("step", TO_AUDIT)
def test_any_message_of_a_submitted_release_stores_its_result_again(
    step: Step, run: Run, at: At, results: NotedResults
) -> None:
    # Its worker may have died between the record and the result, on whichever message it ran.
    stored = at(Step.SUBMIT_AUDIT, Status.SUBMITTED, auditid=AUDIT)
    with suppress(Ignore):
        run(step, stored.release)
    assert results.succeeded == [(stored.release.id, AUDIT)]


def test_a_result_that_is_refused_leaves_a_submitted_release_submitted(
    run: Run, at: At, store: ReleaseStore, results: NotedResults, wechat: FakeWeChat
) -> None:
    wechat.answers(trial_version=[OURS], submit_audit=[AUDIT])
    stored = at(Step.SUBMIT_AUDIT)
    results.refuses = True
    assert run(Step.SUBMIT_AUDIT, stored.release) == AUDIT
    assert now(store, stored).status is Status.SUBMITTED
    assert store.untold(-10, 10) == [stored.release.id]


def test_an_end_that_nobody_told_is_told_later(at: At, store: ReleaseStore, results: NotedResults) -> None:
    stored = at(Step.SUBMIT_AUDIT, Status.SUBMITTED, auditid=AUDIT)
    outcomes = Outcomes(store=store, results=results)
    assert outcomes.catch_up() == 0  # whoever wrote it may be about to
    assert store.untold(-10, 10) == [stored.release.id]
    assert outcomes.catch_up(since_s=-1) == 1
    assert results.succeeded == [(stored.release.id, AUDIT)]
    assert store.untold(-10, 10) == []


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
            return AUDIT

    wechat.scripted = Flushing(trial_version=[OURS])
    with pytest.raises(Ignore):
        run(Step.SUBMIT_AUDIT, stored.release)
    assert "its record is gone" in caplog.text
