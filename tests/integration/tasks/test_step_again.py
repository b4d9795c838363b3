"""A step that has waited: whose the trial version is, and whether the domains still stand."""

from __future__ import annotations

import pytest
import redis

from releases.errors import ReleaseBlocked, ReleaseFailed
from releases.intake.one import Releases
from releases.record import Progress, Release
from releases.states import Status, Step
from releases.store import keys
from releases.store.known import Stored
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.tasks.running import (
    BEFORE,
    COMMITTED,
    CONFIGURED,
    OURS,
    At,
    Run,
    at,
    now,
    run,
    wechat,
)
from tests.support.examples import APPID, NOW, a_release, a_request
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat, refused, unanswered
from tests.support.records import created, place_of
from wechat.mini_program import LatestAudit, TrialVersion

#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]

THEIRS = TrialVersion("9.9.9", "theirs", 2000)


def test_somebody_elses_version_sends_the_release_back_to_the_commit_and_the_history_says_whose_it_was(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(privacy_info=[{}], trial_version=[THEIRS])
    stored = at(Step.SUBMIT_AUDIT, progress=COMMITTED.model_copy(update={"scans": 200}))

    assert isinstance(run(Step.SUBMIT_AUDIT, stored.release), Parked)

    release = now(store, stored)
    assert (release.step, release.status) == (Step.COMMIT_CODE, Status.QUEUED)
    assert "version 9.9.9 (theirs)" in release.told(Step.SUBMIT_AUDIT)
    assert release.progress.scans == 0  # the commit begins a new scan
    assert place_of(redis_client, release) == (keys.sent(urgent=False), NOW.timestamp())
    assert redis_client.get(keys.lease(APPID)) is None

    # When the message of the commit comes
    wechat.answers(trial_version=[THEIRS, OURS], commit=[None])
    run(Step.COMMIT_CODE, release)

    # Then it is made once more, its time is noted, and a second time it is left to a person
    assert now(store, stored).told(Step.COMMIT_CODE) == "committed again, instead of version 9.9.9 (theirs)"
    assert now(store, stored).progress.exp_time == OURS.time
    wechat.answers(trial_version=[THEIRS])
    with pytest.raises(ReleaseBlocked, match=r"version 9\.9\.9"):
        run(Step.SUBMIT_AUDIT, now(store, stored))


def test_after_another_lease_than_the_commits_the_trial_version_is_asked_for(
    run: Run, at: At, wechat: FakeWeChat
) -> None:
    wechat.answers(now=1001, trial_version=[OURS], submit_audit=[7])
    stored = at(Step.SUBMIT_AUDIT, progress=COMMITTED.model_copy(update={"seen_under": 12345}))

    run(Step.SUBMIT_AUDIT, stored.release)

    assert wechat.scripted.calls == ["trial_version", "submit_audit"]


def test_a_commit_remembers_both_its_ends_and_the_lease_under_which_it_was_answered(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(now=1005, commit=[None])
    stored = at(Step.COMMIT_CODE)

    run(Step.COMMIT_CODE, stored.release)

    progress = now(store, stored).progress
    assert (progress.commit_at, progress.committed_at) == (1005, 1005)
    assert str(progress.seen_under) == redis_client.get(keys.LAST_LEASE)


def test_a_commit_that_is_found_at_wechat_needs_no_second_look_under_the_same_lease(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(trial_version=[OURS])
    stored = at(Step.COMMIT_CODE, progress=COMMITTED.model_copy(update={"committed_at": None}))

    run(Step.COMMIT_CODE, stored.release)

    assert str(now(store, stored).progress.seen_under) == redis_client.get(keys.LAST_LEASE)


def test_a_resume_allows_one_more_commit(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, releases: Releases
) -> None:
    stored = at(Step.SUBMIT_AUDIT, progress=COMMITTED.model_copy(update={"foreign": "version 9.9.8"}))
    wechat.answers(trial_version=[THEIRS])
    with pytest.raises(ReleaseBlocked):
        run(Step.SUBMIT_AUDIT, stored.release)

    assert releases.resume(stored.release.id).progress.foreign == ""


@pytest.mark.parametrize("ago_s", [599, 601, None])
@pytest.mark.parametrize("step", [Step.COMMIT_CODE, Step.SUBMIT_AUDIT])
def test_domains_that_were_confirmed_long_ago_are_confirmed_again_first(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, step: Step, ago_s: float | None
) -> None:
    then = None if ago_s is None else NOW.timestamp() - ago_s
    stored = at(step, progress=BEFORE[step].model_copy(update={"domains_at": then}))
    wechat.answers(get=[{}], add=[CONFIGURED], trial_version=[OURS], commit=[None], submit_audit=[7])

    run(step, stored.release)

    is_old = ago_s != 599
    assert (wechat.scripted.calls[:2] == ["get", "add"]) is is_old
    told = [event.what for event in now(store, stored).history]
    assert ("domains confirmed again: added https://api.example.com" in told) is is_old


def test_an_attempt_whose_worker_died_counts_as_one_failure(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = at(Step.ENSURE_DOMAINS, status=Status.RUNNING, progress=Progress(failures=2))
    wechat.answers(get=[unanswered()])

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    # Two of before, that of the worker, and this one.
    assert now(store, stored).progress.failures == 4


def test_an_unanswered_submission_is_sent_again_only_after_two_looks_for_its_audit(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = at(Step.SUBMIT_AUDIT)
    wechat.answers(trial_version=[OURS], submit_audit=[unanswered()])
    assert isinstance(run(Step.SUBMIT_AUDIT, stored.release), Parked)
    assert now(store, stored).progress.submit_since == COMMITTED.commit_at

    looks = []
    for _ in range(2):
        release = due_now(store, stored)
        wechat.answers(latest_audit=[None], trial_version=[OURS], submit_audit=[7])
        if isinstance(run(Step.SUBMIT_AUDIT, release), Parked):
            looks.append(now(store, stored).progress.unfound)

    assert looks == [1]
    assert now(store, stored).auditid == 7


def test_an_audit_that_another_release_has_recorded_is_not_adopted(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    other = created(store, a_release(a_request(user_version="1.4.1"), status=Status.CANCELLED))
    store.save(other, other.release.model_copy(update={"auditid": 7}))
    stored = at(Step.SUBMIT_AUDIT)
    running = LatestAudit(7, 2, OURS.version, OURS.desc, OURS.time + 1)
    wechat.answers(trial_version=[OURS], submit_audit=[refused(85009)], latest_audit=[running])

    parked = run(Step.SUBMIT_AUDIT, stored.release)
    assert isinstance(parked, Parked)
    assert "audit 7 of version 1.4.2" in parked.why

    release = now(store, stored)
    assert (release.auditid, release.waits_for) == (None, "older")


@pytest.mark.parametrize("step", [Step.COMMIT_CODE, Step.SUBMIT_AUDIT])
def test_a_certain_refusal_leaves_no_intent_behind(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, step: Step
) -> None:
    stored = at(step)
    wechat.answers(trial_version=[OURS], commit=[refused(85014)], submit_audit=[refused(86002)])

    with pytest.raises(ReleaseBlocked):
        run(step, stored.release)

    progress = now(store, stored).progress
    assert (progress.commit_at if step is Step.COMMIT_CODE else progress.submit_at) is None


def due_now(store: ReleaseStore, stored: Stored) -> Release:
    """The release, as if its time had come."""
    current = store.get(stored.release.id)
    assert current is not None
    queued = current.release.model_copy(update={"status": Status.QUEUED, "next_attempt_at": None})
    return store.save(current, queued).release


def test_a_step_that_kills_its_worker_again_and_again_is_given_up(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = at(Step.ENSURE_DOMAINS, status=Status.RUNNING, progress=Progress(failures=5))

    with pytest.raises(ReleaseFailed, match="the worker died or lost Redis"):
        run(Step.ENSURE_DOMAINS, stored.release)

    assert wechat.scripted.calls == []
    assert now(store, stored).status is Status.FAILED


def test_that_a_step_runs_is_written_before_wechat_is_asked_what_became_of_a_commit(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = at(Step.COMMIT_CODE, progress=COMMITTED.model_copy(update={"committed_at": None}))
    found = []

    class Looking(FakeMiniProgram):
        def trial_version(self) -> TrialVersion:
            found.append(now(store, stored))
            return OURS

    wechat.scripted = Looking()
    run(Step.COMMIT_CODE, stored.release)

    # Else a worker that dies over the question would do so for ever.
    (then,) = found
    assert (then.status, then.progress.commit_at) == (Status.RUNNING, COMMITTED.commit_at)


def test_the_attempts_of_earlier_steps_are_still_told(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    stored = at(Step.COMMIT_CODE, attempts={"ensure_domains": 2})
    wechat.answers(commit=[None])

    run(Step.COMMIT_CODE, stored.release)

    assert now(store, stored).attempts == {"ensure_domains": 2, "commit_code": 1}
