"""A newer release beside an older one, on the real store: it waits before its commit, and every way in which the older one may
leave lets it go on at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from releases.intake.one import Releases
from releases.record import Release
from releases.second_half import Review, ReviewStatus
from releases.states import Status, Step
from releases.steps.audit_pace import FIRST_S, OFTEN_S
from releases.steps.live.order import ordered, reverting
from releases.store import keys
from releases.store.known import Stored
from releases.store.places import Lane, looked_at, sent
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.tasks.running import CONFIGURED, DOMAINS_DONE, Run, now, run, wechat
from tests.support.examples import APPID, NOW, a_release, a_request
from tests.support.fake_wechat import FakeWeChat, refused
from tests.support.records import created, place_of
from tests.support.stored_results import StoredResults
from wechat.mini_program import LatestAudit, LiveVersion, TrialVersion, Versions

#: The fixtures of its neighbour.
__all__ = ["run", "wechat"]

OURS = TrialVersion("1.4.2", "faster", 1000)
LOOKS, BEGUN, URGENT = keys.due(Lane.LOOKS), keys.due(Lane.BEGUN), keys.due(Lane.URGENT)
REVIEW = Review(status=ReviewStatus.IN_REVIEW, submitted_at=NOW)

Older = Callable[..., Stored]
Newer = Callable[..., Stored]


@pytest.fixture
def older(store: ReleaseStore) -> Older:
    """An older release of version 1.4.1 in a state of its second half."""

    def _older(status: Status, step: Step = Step.SUBMIT_AUDIT, **more: Any) -> Stored:
        stored = created(store, a_release(a_request(user_version="1.4.1")))
        state = {"status": status, "step": step, "auditid": 7, "review": REVIEW, **more}
        return store.save(stored, stored.release.model_copy(update=state), place=looked_at(NOW))

    return _older


@pytest.fixture
def newer(store: ReleaseStore) -> Newer:
    """A newer release of version 1.4.2 at its commit."""

    def _newer(*, urgent: bool = False, **progress: Any) -> Stored:
        stored = created(store, a_release(a_request(urgent=urgent)))
        at_commit = stored.release.model_copy(
            update={"step": Step.COMMIT_CODE, "progress": DOMAINS_DONE.model_copy(update=progress)}
        )
        return store.save(stored, at_commit, place=sent(at_commit, NOW))

    return _newer


def meets(run: Run, stored: Stored, wechat: FakeWeChat, **answers: Any) -> None:
    """The newer one comes to its commit, and stays there."""
    wechat.answers(**answers)
    assert isinstance(run(Step.COMMIT_CODE, stored.release), Parked)


def lane_of(client: redis.Redis, stored: Stored) -> str:
    place = place_of(client, stored.release)
    assert place is not None
    return place[0]


def is_awake(client: redis.Redis, stored: Stored, lane: str = BEGUN) -> bool:
    place = place_of(client, stored.release)
    return place is not None and place[0] == lane and abs(place[1] - time.time()) < 5


def test_it_waits_for_one_under_audit_and_says_so(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    first, second = older(Status.SUBMITTED), newer()

    meets(run, second, wechat)

    release = now(store, second)
    assert (release.status, release.step, release.next_attempt_at) == (
        Status.WAITING,
        Step.COMMIT_CODE,
        None,
    )
    assert release.progress.behind == first.release.id
    assert release.waits_for == "older"
    assert release.wait is not None
    assert f"release {first.release.id}, version 1.4.1, is under audit" in release.wait.errmsg
    assert release.attempts == second.release.attempts, "no attempt was used up"
    lane, at = place_of(redis_client, release) or ("", 0)
    assert (lane, 0.9 * FIRST_S < at - NOW.timestamp() < 1.1 * FIRST_S) == (LOOKS, True)
    assert redis_client.get(keys.lease(APPID)) is None


def test_a_look_that_finds_the_same_leaves_no_line_and_comes_again_later(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    older(Status.APPROVED)
    second = newer()
    meets(run, second, wechat, **not_live())
    before = now(store, second)

    meets(run, second, wechat, **not_live())

    after = now(store, second)
    assert [event.what for event in after.history] == [event.what for event in before.history]
    at = (place_of(redis_client, after) or ("", 0))[1]
    assert 0.9 * OFTEN_S < at - NOW.timestamp() < 1.1 * OFTEN_S


@pytest.mark.parametrize(("urgent", "lane"), [(False, BEGUN), (True, URGENT)])
def test_when_the_older_ones_audit_is_over_it_goes_on_at_once(
    run: Run,
    older: Older,
    newer: Newer,
    store: ReleaseStore,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    *,
    urgent: bool,
    lane: str,
) -> None:
    first, second = older(Status.SUBMITTED), newer(urgent=urgent)
    meets(run, second, wechat)
    assert lane_of(redis_client, second) == LOOKS

    wechat.answers(latest_audit=[LatestAudit(7, 1, "1.4.1", "", NOW.timestamp())])
    run(Step.WATCH_AUDIT, first.release)

    assert now(store, first).status is Status.REJECTED
    assert is_awake(redis_client, second, lane)
    wechat.answers(commit=[None], submit_audit=[8])
    run(Step.COMMIT_CODE, second.release)
    assert (now(store, second).step, now(store, second).progress.behind) == (Step.SUBMIT_AUDIT, "")


def left(release: Release, **state: Any) -> Release:
    return release.changed("left", NOW, **state)


@dataclass(frozen=True)
class Way:
    """In which state the older one is met, and how it leaves."""

    status: Status
    step: Step
    leave: Callable[[Release], Release]


WAYS = [
    Way(Status.RUNNING, Step.VERIFY_LIVE, lambda one: left(one, status=Status.LIVE)),
    Way(Status.SUBMITTED, Step.SUBMIT_AUDIT, lambda one: left(one, status=Status.REPLACED)),
    Way(Status.SUBMITTED, Step.SUBMIT_AUDIT, lambda one: left(one, status=Status.CANCELLED)),
    Way(Status.SUBMITTED, Step.SUBMIT_AUDIT, lambda one: left(one, status=Status.REJECTED)),
    Way(Status.APPROVED, Step.SUBMIT_AUDIT, lambda one: left(one, status=Status.CANCELLED)),
    Way(Status.BLOCKED, Step.VERIFY_LIVE, lambda one: reverting(one, NOW)),
    # It stays, and may be given up from now on.
    Way(Status.SUBMITTED, Step.SUBMIT_AUDIT, lambda one: left(one, status=Status.APPROVED)),
    Way(Status.BLOCKED, Step.PUBLISH, lambda one: left(one, status=Status.APPROVED, step=Step.SUBMIT_AUDIT)),
]


def not_live() -> dict[str, Any]:
    """WeChat says that nothing is in the shop."""
    return {"versions": [Versions(trial=None, live=None)]}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_leave_wakes_it(
    run: Run,
    older: Older,
    newer: Newer,
    store: ReleaseStore,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    way: Way,
) -> None:
    first, second = older(way.status, way.step), newer()
    meets(run, second, wechat, **not_live())

    store.save(first, way.leave(first.release), place=sent(first.release, NOW))

    assert is_awake(redis_client, second)


@pytest.mark.parametrize("way", WAYS)
def test_one_that_leaves_between_the_look_and_the_wait_is_not_waited_for(
    run: Run,
    older: Older,
    newer: Newer,
    wechat: FakeWeChat,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    way: Way,
) -> None:
    first, second = older(way.status, way.step), newer()
    save = ReleaseStore.save

    def overtaken(self: ReleaseStore, before: Stored, after: Release, **how: Any) -> Stored:
        if after.progress.behind:
            monkeypatch.setattr(ReleaseStore, "save", save)
            save(self, first, way.leave(first.release), place=sent(first.release, NOW))
        return save(self, before, after, **how)

    monkeypatch.setattr(ReleaseStore, "save", overtaken)
    meets(run, second, wechat, **not_live())

    assert is_awake(redis_client, second)


def test_one_whose_record_was_forgotten_meanwhile_is_not_waited_for(
    run: Run, older: Older, newer: Newer, wechat: FakeWeChat, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    first, second = older(Status.SUBMITTED), newer()
    redis_client.delete(keys.record(first.release.id))
    wechat.answers(commit=[None], submit_audit=[8])

    run(Step.COMMIT_CODE, second.release)

    assert now(store, second).step is Step.SUBMIT_AUDIT


def test_what_changes_in_the_older_one_without_its_leaving_wakes_nobody(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    first, second = older(Status.APPROVED), newer()
    meets(run, second, wechat, **not_live())

    store.save(first, ordered(first.release, NOW), place=sent(first.release, NOW))

    assert lane_of(redis_client, second) == LOOKS


def test_with_withdraw_the_audit_is_withdrawn_just_before_the_commit(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    first, second = older(Status.SUBMITTED), newer(withdraws=True)
    meets(run, second, wechat)
    assert (place_of(redis_client, first.release) or ("", 0))[0] == BEGUN
    assert now(store, first).progress.withdraw == second.release.id
    assert lane_of(redis_client, second) == LOOKS

    running, withdrawn = (LatestAudit(7, status, "1.4.1", "", NOW.timestamp()) for status in (2, 3))
    wechat.answers(latest_audit=[running, withdrawn], withdraw_audit=[None])
    run(Step.WATCH_AUDIT, first.release)

    assert now(store, first).status is Status.CANCELLED
    assert is_awake(redis_client, second)


def test_superseding_an_approved_one_gives_it_up_and_commits_under_the_same_lease(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, results: StoredResults
) -> None:
    first, second = older(Status.APPROVED), newer(supersedes=True)
    wechat.answers(**not_live(), commit=[None], submit_audit=[8])

    run(Step.COMMIT_CODE, second.release)

    assert now(store, first).status is Status.CANCELLED
    assert now(store, first).history[-1].what == f"superseded by release {second.release.id}"
    assert (first.release.id, 7) in results.succeeded
    told = [event.what for event in now(store, second).history]
    assert f"release {first.release.id} stood in the way, and is cancelled now" in told
    assert "committed" in told


def test_one_that_somebody_else_has_published_is_live_and_the_one_before_it_replaced(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    before = older(Status.LIVE)
    first, second = older(Status.APPROVED), newer()
    shown = LiveVersion("1.4.1", "", NOW.timestamp())
    wechat.answers(versions=[Versions(trial=None, live=shown)], commit=[None], submit_audit=[8])

    run(Step.COMMIT_CODE, second.release)

    assert (now(store, before).status, now(store, first).status) == (Status.REPLACED, Status.LIVE)
    said = redis_client.hgetall(keys.mini_program(APPID))
    assert (said["live"], said["active"]) == (first.release.id, second.release.id)
    assert "ahead" not in said


def test_after_a_cancel_of_the_older_one_its_running_audit_is_waited_for(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    older(Status.CANCELLED)
    second = newer(commit_at=1000.0, committed_at=1001.0)
    second = store.save(
        second, second.release.model_copy(update={"step": Step.SUBMIT_AUDIT}), place=sent(second.release, NOW)
    )
    running = LatestAudit(7, 2, "1.4.1", "", NOW.timestamp() - 60)
    wechat.answers(trial_version=[OURS], submit_audit=[refused(85009)], latest_audit=[running])
    assert isinstance(run(Step.SUBMIT_AUDIT, second.release), Parked)

    release = now(store, second)
    assert (release.status, release.waits_for) == (Status.WAITING, "older")
    assert release.wait is not None
    assert release.wait.errcode == 85009
    at = (place_of(redis_client, release) or ("", 0))[1]
    assert 0.9 * FIRST_S < at - NOW.timestamp() < 1.1 * FIRST_S

    # Its end shows when somebody looks again.
    wechat.answers(trial_version=[OURS], submit_audit=[8])
    assert run(Step.SUBMIT_AUDIT, release) == 8


def test_one_that_was_committed_by_an_older_version_waits_before_its_submission(
    run: Run, older: Older, newer: Newer, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    first = older(Status.APPROVED)
    second = newer(commit_at=1000.0, committed_at=1001.0)
    at_audit = second.release.model_copy(update={"step": Step.SUBMIT_AUDIT})
    second = store.save(second, at_audit, place=sent(second.release, NOW))
    wechat.answers(**not_live())
    assert isinstance(run(Step.SUBMIT_AUDIT, second.release), Parked)

    assert now(store, second).progress.behind == first.release.id
    store.save(first, left(first.release, status=Status.CANCELLED))
    wechat.answers(trial_version=[OURS], submit_audit=[8])
    assert run(Step.SUBMIT_AUDIT, second.release) == 8


@pytest.fixture
def waiting(run: Run, older: Older, newer: Newer, wechat: FakeWeChat) -> Stored:
    older(Status.SUBMITTED)
    second = newer()
    meets(run, second, wechat)
    return second


def test_a_waiting_one_can_be_cancelled_resumed_and_superseded(
    waiting: Stored, releases: Releases, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    resumed = releases.resume(waiting.release.id)
    assert (resumed.status, resumed.step, resumed.progress.behind) == (
        Status.QUEUED,
        Step.ENSURE_DOMAINS,
        "",
    )
    third = releases.enqueue(a_request(user_version="1.5.0", supersede=True)).release
    assert now(store, waiting).status is Status.CANCELLED
    assert releases.cancel(third.id).status is Status.CANCELLED
    assert place_of(redis_client, third) is None


def test_resumed_it_confirms_its_domains_and_waits_again(
    run: Run, waiting: Stored, releases: Releases, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    releases.resume(waiting.release.id)
    wechat.answers(get=[CONFIGURED])

    run(Step.ENSURE_DOMAINS, waiting.release)
    meets(run, waiting, wechat)

    assert now(store, waiting).waits_for == "older"


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.CANCELLED, Status.LIVE])
def test_what_is_ahead_is_known_before_anything_is_enqueued(
    older: Older, store: ReleaseStore, status: Status
) -> None:
    first = older(status)
    expected = first.release if status in (Status.SUBMITTED, Status.APPROVED) else None

    assert store.ahead_of([APPID, "wxother", APPID]) == [expected, None, expected]
