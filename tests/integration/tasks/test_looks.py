"""A look at a release under audit: what it writes, and that nothing but WeChat's word changes the status."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from releases.scope import Scope
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.audit_pace import OFTEN_S, PUSHED_S, SELDOM_S
from releases.store import keys
from releases.store.known import Stored
from releases.store.pauses import Pauses
from releases.store.places import Lane, looked_at
from releases.store.records import ReleaseStore
from tasks.interim import DROPPED
from tests.integration.tasks.running import COMMITTED, OURS, At, Run, at, now, run, wechat
from tests.support.examples import APPID, NOW
from tests.support.fake_wechat import FakeWeChat, refused, unanswered
from tests.support.records import place_of
from wechat.mini_program import LatestAudit

#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]

AUDIT = 7
LOOKS = keys.due(Lane.LOOKS)


def latest(status: int, reason: str = "") -> LatestAudit:
    return LatestAudit(AUDIT, status, "1.4.2", "", NOW.timestamp(), reason=reason, screenshots=())


@pytest.fixture
def submitted(at: At) -> Stored:
    return under_audit(at)


def under_audit(at: At, **more: object) -> Stored:
    review = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
    return at(Step.SUBMIT_AUDIT, Status.SUBMITTED, looked_at(NOW), auditid=AUDIT, review=review, **more)


def after_s(client: redis.Redis, stored: Stored) -> float:
    place = place_of(client, stored.release)
    assert place is not None
    assert place[0] == LOOKS
    return place[1] - NOW.timestamp()


def test_a_submission_is_looked_at_later(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(trial_version=[OURS], submit_audit=[AUDIT])
    stored = at(Step.SUBMIT_AUDIT)

    run(Step.SUBMIT_AUDIT, stored.release)

    release = now(store, stored)
    assert release.review == Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)
    assert 540 < after_s(redis_client, stored) < 660
    assert redis_client.hgetall(keys.mini_program(APPID))["ahead"] == release.id


def test_a_submission_of_which_wechat_pushed_before_anybody_knew_of_it_is_looked_at_soon(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    progress = COMMITTED.model_copy(update={"submit_at": 1001.0, "submit_since": 1000.0})
    stored = at(Step.SUBMIT_AUDIT, progress=progress)
    redis_client.hset(keys.record(stored.release.id), "pushed", str(NOW.timestamp() - 1))
    wechat.answers(latest_audit=[LatestAudit(AUDIT, 2, "1.4.2", "", 1002.0)])

    run(Step.SUBMIT_AUDIT, stored.release)

    assert now(store, stored).auditid == AUDIT
    assert after_s(redis_client, stored) == PUSHED_S


def test_a_look_that_finds_nothing_new_leaves_no_line_and_comes_again(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[latest(2)])

    run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert release.status is Status.SUBMITTED
    assert release.review is not None
    assert release.review.checked_at == NOW
    assert release.history == submitted.release.history
    assert 0.9 * OFTEN_S < after_s(redis_client, submitted) < 1.1 * OFTEN_S
    assert redis_client.get(keys.lease(APPID)) is None


def test_delayed_is_told_and_is_no_end(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[latest(4), latest(0)])

    run(Step.WATCH_AUDIT, submitted.release)
    delayed = now(store, submitted)
    assert (delayed.status, delayed.told(Step.WATCH_AUDIT)) == (Status.SUBMITTED, "audit 7 is delayed")
    assert after_s(redis_client, submitted) > 0

    run(Step.WATCH_AUDIT, submitted.release)
    assert now(store, submitted).status is Status.APPROVED


def test_an_approval_waits_for_an_order(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[latest(0)])

    assert run(Step.WATCH_AUDIT, submitted.release) == "audit 7 is approved"

    release = now(store, submitted)
    assert release.status is Status.APPROVED
    assert release.review is not None
    assert release.review.decided_at == NOW
    assert release.publication is None
    assert not redis_client.hexists(keys.record(release.id), "place")
    assert redis_client.hgetall(keys.mini_program(APPID))["ahead"] == release.id


def test_one_that_is_to_be_published_by_itself_is_ordered_with_the_same_write(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    stored = under_audit(at, publish="auto")
    wechat.answers(latest_audit=[latest(0)])

    run(Step.WATCH_AUDIT, stored.release)

    release = now(store, stored)
    assert (release.status, release.step) == (Status.QUEUED, Step.PUBLISH)
    assert release.publication is not None
    place = place_of(redis_client, release)
    assert place is not None
    assert place[0] == keys.sent(urgent=False)
    # Nobody has ordered anything: what workers do is not in the log.
    assert not redis_client.exists(keys.ACTIONS)


def test_a_rejection_keeps_its_reason_and_leaves_the_way_free(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[latest(1, reason="No<br>good")])

    run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert release.status is Status.REJECTED
    assert release.review is not None
    assert release.review.reason == "No\ngood"
    assert not redis_client.hexists(keys.mini_program(APPID), "ahead")


@pytest.mark.parametrize(("withdraw", "expected"), [("asked", Status.REJECTED), ("0" * 32, Status.CANCELLED)])
def test_a_withdrawn_audit_ends_as_whoever_withdrew_it_wanted(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, withdraw: str, expected: Status
) -> None:
    stored = under_audit(at)
    asked = store.save(stored, stored.release.progressed(withdraw=withdraw))
    wechat.answers(latest_audit=[latest(2), latest(3)], withdraw_audit=[None])

    run(Step.WATCH_AUDIT, asked.release)

    release = now(store, stored)
    assert release.status is expected
    assert release.review is not None
    assert release.review.status is ReviewStatus.WITHDRAWN


def test_a_withdrawal_that_does_not_show_is_looked_after_soon_and_then_ever_more_seldom(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    stored = under_audit(at)
    asked = store.save(stored, stored.release.progressed(withdraw="asked"))
    wechat.answers(latest_audit=[latest(2)] * 13, withdraw_audit=[None])

    seen = []
    for _ in range(12):
        run(Step.WATCH_AUDIT, asked.release)
        seen.append(after_s(redis_client, stored))

    assert seen[:5] == [60.0, 120.0, 240.0, 480.0, 960.0]
    assert {OFTEN_S * 0.94 < after < OFTEN_S * 1.06 for after in seen[5:]} == {True}
    assert now(store, stored).status is Status.SUBMITTED


def test_a_look_that_gets_no_answer_comes_again_and_changes_nothing_else(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[unanswered()])

    run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert (release.status, release.review) == (Status.SUBMITTED, submitted.release.review)
    assert release.wait is not None
    assert release.wait.step is Step.WATCH_AUDIT
    assert after_s(redis_client, submitted) > 0


def test_what_only_a_person_can_help_is_told_and_looked_at_seldom(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[refused(61007)] * 2)

    for _ in range(2):
        run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert release.status is Status.SUBMITTED
    assert [event.what for event in release.history].count("could not be looked at: errcode 61007") == 1
    assert after_s(redis_client, submitted) == SELDOM_S


def test_a_look_that_fails_by_a_bug_is_told_and_taken_again_and_the_audit_goes_on(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[ZeroDivisionError("a bug")])

    run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert release.status is Status.SUBMITTED
    assert release.wait is not None
    assert "ZeroDivisionError" in release.history[-1].what
    assert after_s(redis_client, submitted) == SELDOM_S


def test_whoever_watches_is_told_of_what_a_look_finds_and_not_of_each_look(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    def told() -> bool:
        return redis_client.zscore(keys.CHANGED, f"release:{submitted.release.id}") is not None

    redis_client.zadd(keys.CHANGED, {"release:x": 1})
    wechat.answers(latest_audit=[latest(2), refused(61007)])

    run(Step.WATCH_AUDIT, submitted.release)
    assert now(store, submitted).review != submitted.release.review
    assert not told()

    run(Step.WATCH_AUDIT, submitted.release)
    assert told()


def test_what_was_in_the_way_is_forgotten_when_it_is_gone(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, submitted: Stored
) -> None:
    wechat.answers(latest_audit=[unanswered(), latest(2)])

    for _ in range(2):
        run(Step.WATCH_AUDIT, submitted.release)

    release = now(store, submitted)
    assert (release.wait, release.progress.failures) == (None, 0)


def test_while_the_platform_is_paused_nobody_looks(
    run: Run,
    store: ReleaseStore,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    pauses: Pauses,
    submitted: Stored,
) -> None:
    pauses.begin_by_hand(Scope.ALL, "a fire")
    wechat.answers()

    run(Step.WATCH_AUDIT, submitted.release)

    assert wechat.scripted.calls == []
    assert now(store, submitted).status is Status.SUBMITTED
    assert after_s(redis_client, submitted) > 0


def test_a_message_for_a_look_at_what_is_decided_does_nothing(run: Run, at: At, wechat: FakeWeChat) -> None:
    wechat.answers()
    stored = at(Step.SUBMIT_AUDIT, Status.APPROVED, auditid=AUDIT)

    assert run(Step.WATCH_AUDIT, stored.release) == DROPPED
    assert wechat.scripted.calls == []


def test_after_a_push_wechat_is_asked_often_until_it_shows_the_result(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis, submitted: Stored
) -> None:
    redis_client.hset(
        keys.record(submitted.release.id), "pushed", str((NOW - timedelta(seconds=5)).timestamp())
    )
    wechat.answers(latest_audit=[latest(2)])

    run(Step.WATCH_AUDIT, submitted.release)

    assert after_s(redis_client, submitted) == PUSHED_S
