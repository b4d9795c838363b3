"""The way back: what a revert does to the record, and to that of the release that is live again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from releases.second_half import Publication
from releases.states import Status, Step
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.tasks.running import Run, now, run, wechat
from tests.integration.tasks.test_step_live import before, in_shop, one
from tests.support.examples import NOW
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat, unanswered
from tests.support.live import INTENT, OLD, earlier, shown

#: The fixtures of its neighbour.
__all__ = ["run", "wechat"]


@pytest.mark.parametrize("was", [Status.LIVE, Status.REPLACED])
def test_after_a_revert_the_release_that_is_live_again_is_live_and_ours_is_reverted(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, was: Status
) -> None:
    """Also where ours was never verified, so that nobody has replaced the one before."""
    old = before(store, was)
    stored = one(store, Step.REVERT)
    wechat.answers(
        versions=[shown(), OLD], earlier_versions=[[earlier(7, "1.4.1")]], revert=[None], now=INTENT
    )

    run(Step.REVERT, stored.release)

    assert wechat.scripted.reverted_to == [7]
    assert now(store, stored).status is Status.REVERTED
    assert "version 1.4.1" in now(store, stored).told(Step.REVERT)
    assert now(store, old).status is Status.LIVE
    assert now(store, old).history[-1].what == (
        f"live again: release {stored.release.id} was taken back, and its domains were not checked"
    )
    assert in_shop(redis_client) == old.release.id


def test_the_intent_is_in_the_record_before_the_call_goes_out(
    run: Run, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = one(store, Step.REVERT)
    seen = []

    class Looks(FakeMiniProgram):
        def revert(self, app_version: int) -> None:
            seen.append((app_version, now(store, stored).progress.revert_to))

    wechat.scripted = Looks(versions=[shown(), OLD], earlier_versions=[[earlier(7, "1.4.1")]])
    run(Step.REVERT, stored.release)

    assert seen == [(7, 7)]


def test_only_one_that_was_replaced_and_has_the_version_that_is_live_is_live_again(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    later: dict[str, Any] = {"created_at": NOW + timedelta(seconds=1)}
    other_desc = before(store, Status.REPLACED, desc="other", **later)
    old = before(store, Status.REPLACED)
    others = [
        other_desc,
        before(store, Status.REPLACED, version="1.4.0", **later),
        before(store, Status.CANCELLED, **later),
    ]
    stored = one(store, Step.REVERT)
    wechat.answers(versions=[shown(), OLD], earlier_versions=[[earlier(7, "1.4.1")]], revert=[None])

    run(Step.REVERT, stored.release)

    assert in_shop(redis_client) == old.release.id
    assert [now(store, other).status for other in others] == [other.release.status for other in others]


def test_a_revert_that_got_no_answer_asks_and_is_not_sent_again(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    old = before(store, Status.REPLACED)
    stored = one(store, Step.REVERT)
    wechat.answers(
        now=INTENT, versions=[shown()], earlier_versions=[[earlier(7, "1.4.1")]], revert=[unanswered()]
    )
    assert isinstance(run(Step.REVERT, stored.release), Parked)
    waiting = store.get(stored.release.id)
    assert waiting is not None
    progress = waiting.release.progress
    assert (progress.revert_to, progress.revert_at) == (7, INTENT)

    store.save(waiting, waiting.release.model_copy(update={"next_attempt_at": NOW}))
    wechat.answers(versions=[OLD], earlier_versions=[[]])
    run(Step.REVERT, stored.release)

    assert wechat.scripted.reverted_to == []
    assert now(store, stored).status is Status.REVERTED
    assert in_shop(redis_client) == old.release.id


def test_without_an_earlier_version_a_revert_is_blocked_and_the_release_stays_what_it_is_to_its_mini_program(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    stored = one(store, Step.REVERT)
    verified = Publication(ordered_at=NOW, verified_at=NOW)
    stored = store.save(stored, stored.release.model_copy(update={"publication": verified}))
    wechat.answers(versions=[shown()], earlier_versions=[[]])

    run(Step.REVERT, stored.release)

    release = now(store, stored)
    assert (release.status, release.step) == (Status.BLOCKED, Step.REVERT)
    assert release.block is not None
    assert release.block.errcode == 87012
    assert in_shop(redis_client) == release.id
