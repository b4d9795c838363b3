"""What a step's message does to the record: the tasks called as functions, on real Redis."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import redis

from releases.errors import ReleaseBlocked, ReleaseCancelled
from releases.intake.one import Releases
from releases.scope import Scope
from releases.states import Status, Step
from releases.steps import outcomes
from releases.steps.outcomes import Dropped, Next
from releases.store import keys
from releases.store.pauses import Pause, Pauses
from releases.store.places import Lane, Place
from releases.store.records import ReleaseStore
from tasks import steps  # noqa: F401 - importing the steps registers them
from tasks.interim import BUSY, DROPPED, Parked
from tests.integration.conftest import Sender
from tests.integration.tasks.running import CONFIGURED, OURS, At, Run, Runner, at, now, run, wechat
from tests.support.examples import APPID, NOW, a_problem
from tests.support.fake_wechat import FakeMiniProgram, FakeWeChat, refused
from tests.support.records import place_of
from wechat.domains import Domains
from wechat.http.pace import URGENT
from wechat.mini_program import TrialVersion

WANTED = {"requestdomain": ["https://api.example.com"]}


#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]


def test_a_step_that_is_done_queues_the_next_one_and_frees_the_mini_program(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(get=[CONFIGURED])
    stored = at(Step.ENSURE_DOMAINS)

    run(Step.ENSURE_DOMAINS, stored.release)

    release = now(store, stored)
    assert (release.step, release.status) == (Step.COMMIT_CODE, Status.QUEUED)
    assert release.public()["attempts"] == {"ensure_domains": 1}
    assert redis_client.get(keys.lease(APPID)) is None


def test_a_step_that_runs_on_and_is_overtaken_frees_the_mini_program(
    run: Runner, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(get=[CONFIGURED])
    stored, steps_ = at(Step.ENSURE_DOMAINS), run.app.services.steps
    begun = steps_.begin(Step.ENSURE_DOMAINS, stored.release.id, APPID, lambda: True)
    assert isinstance(begun, outcomes.Run)

    done = steps_.run(Step.ENSURE_DOMAINS, begun)

    assert isinstance(done, Next)
    assert done.run is begun
    assert redis_client.get(keys.lease(APPID)) is not None
    found = store.get(stored.release.id)
    assert found is not None
    store.save(found, found.release.changed("by somebody else", NOW))
    assert steps_.run(Step.COMMIT_CODE, begun) == Dropped()
    assert redis_client.get(keys.lease(APPID)) is None


@pytest.mark.parametrize("urgent", [False, True])
def test_the_calls_for_an_urgent_release_take_their_turn_before_the_others(
    run: Run, at: At, wechat: FakeWeChat, *, urgent: bool
) -> None:
    noted = []

    class Noted(FakeMiniProgram):
        def domains(self) -> Domains:
            noted.append(URGENT.get())
            return super().domains()

    wechat.scripted = Noted(get=[CONFIGURED])

    run(Step.ENSURE_DOMAINS, at(Step.ENSURE_DOMAINS, urgent=urgent).release)

    assert (noted, URGENT.get()) == ([urgent], False)


def test_a_submission_is_returned_and_recorded(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(trial_version=[OURS], submit_audit=[2**63 - 1])
    stored = at(Step.SUBMIT_AUDIT)

    assert run(Step.SUBMIT_AUDIT, stored.release) == 2**63 - 1

    release = now(store, stored)
    assert (release.status, release.auditid) == (Status.SUBMITTED, 2**63 - 1)


def test_a_blocked_step_raises_and_records_the_same(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat
) -> None:
    wechat.answers(get=[{}], add=[refused(85018)])
    stored = at(Step.ENSURE_DOMAINS)

    with pytest.raises(ReleaseBlocked) as caught:
        run(Step.ENSURE_DOMAINS, stored.release)

    release = now(store, stored)
    assert release.block is not None
    assert caught.value.args == release.block.arguments()
    assert caught.value.args[:3] == ("ensure_domains", 85018, "no")
    assert caught.value.domains == WANTED


def test_no_commit_before_the_domains_are_confirmed(run: Run, at: At, wechat: FakeWeChat) -> None:
    assert run(Step.COMMIT_CODE, at(Step.ENSURE_DOMAINS).release) == DROPPED

    assert wechat.scripted.calls == []


def test_a_wait_is_due_at_its_time(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    wechat.answers(get=[refused(-1)])
    stored = at(Step.ENSURE_DOMAINS)

    assert isinstance(run(Step.ENSURE_DOMAINS, stored.release), Parked)

    release = now(store, stored)
    assert (release.status, release.next_attempt_at) == (Status.WAITING, NOW + timedelta(seconds=100))
    assert place_of(redis_client, release) == (
        keys.due(Lane.BEGUN),
        (NOW + timedelta(seconds=100)).timestamp(),
    )


def test_a_cancel_while_the_submission_is_on_its_way_keeps_the_audit_id(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, releases: Releases
) -> None:
    stored = at(Step.SUBMIT_AUDIT)

    class CancelledMeanwhile(FakeMiniProgram):
        def submit_audit(self, audit: Any) -> int:
            releases.cancel(stored.release.id)
            return 7

    wechat.scripted = CancelledMeanwhile(trial_version=[OURS])

    with pytest.raises(ReleaseCancelled):
        run(Step.SUBMIT_AUDIT, stored.release)

    release = now(store, stored)
    assert (release.status, release.auditid) == (Status.CANCELLED, 7)
    assert release.history[-1].what == "submitted as audit 7, as it was being cancelled"


def test_a_cancel_while_the_commit_is_on_its_way_leaves_it_in_the_history(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, releases: Releases
) -> None:
    stored = at(Step.COMMIT_CODE)

    class CancelledMeanwhile(FakeMiniProgram):
        def commit(self, **_: Any) -> None:
            releases.cancel(stored.release.id)

    wechat.scripted = CancelledMeanwhile()

    with pytest.raises(ReleaseCancelled):
        run(Step.COMMIT_CODE, stored.release)

    told = [(event.step, event.what) for event in now(store, stored).history]
    assert told[-2:] == [
        (Step.COMMIT_CODE, "cancelled by request"),
        (Step.COMMIT_CODE, "committed, as it was being cancelled"),
    ]


def test_a_message_for_a_step_that_is_done_brings_the_message_of_the_next_one_and_no_second(
    run: Run, at: At, store: ReleaseStore, sender: Sender, redis_client: redis.Redis
) -> None:
    stored = at(Step.COMMIT_CODE, place=Place(keys.sent(urgent=False), 5.0))

    run(Step.ENSURE_DOMAINS, stored.release)

    assert sender.ids == [stored.release.id]
    assert place_of(redis_client, stored.release) == (keys.sent(urgent=False), NOW.timestamp())
    assert not redis_client.exists(keys.lease(APPID))


def test_a_cancel_before_a_call_s_intent_keeps_the_call_from_being_made_and_is_no_error_in_the_log(
    run: Run, at: At, wechat: FakeWeChat, releases: Releases, caplog: pytest.LogCaptureFixture
) -> None:
    stored = at(Step.SUBMIT_AUDIT)

    class CancelledMeanwhile(FakeMiniProgram):
        def trial_version(self) -> TrialVersion:
            releases.cancel(stored.release.id)
            return OURS

    wechat.scripted = CancelledMeanwhile(submit_audit=[7])

    with pytest.raises(ReleaseCancelled):
        run(Step.SUBMIT_AUDIT, stored.release)

    assert "submit_audit" not in wechat.scripted.calls
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_message_that_comes_again_while_its_step_runs_says_nothing_of_the_step(run: Runner, at: At) -> None:
    stored = at(Step.ENSURE_DOMAINS)
    held = run.app.services.leases.begin(stored.release.id, APPID)
    assert held is not None

    assert run(Step.ENSURE_DOMAINS, stored.release) == BUSY


def test_an_attempt_whose_lease_has_run_out_says_nothing_of_the_step(
    run: Runner, at: At, store: ReleaseStore, wechat: FakeWeChat, redis_client: redis.Redis
) -> None:
    stored = at(Step.SUBMIT_AUDIT)

    class Slow(FakeMiniProgram):
        def trial_version(self) -> TrialVersion:
            redis_client.delete(keys.lease(APPID))
            run.app.services.leases.begin(stored.release.id, APPID)
            return OURS

    wechat.scripted = Slow(submit_audit=[7])

    assert run(Step.SUBMIT_AUDIT, stored.release) == BUSY
    assert "submit_audit" not in wechat.scripted.calls


def test_a_message_of_a_release_that_is_gone_is_dropped(run: Run, at: At, redis_client: redis.Redis) -> None:
    stored = at(Step.ENSURE_DOMAINS)
    redis_client.delete(keys.record(stored.release.id))

    assert run(Step.ENSURE_DOMAINS, stored.release) == DROPPED


def test_a_message_out_of_date_leaves_a_release_where_it_stands(
    run: Run, at: At, redis_client: redis.Redis
) -> None:
    # Given a resumed release that waits at its first step, and a message of before the resume
    stored = at(Step.ENSURE_DOMAINS, Status.WAITING, Place(keys.due(Lane.BEGUN), 5e9))

    assert run(Step.SUBMIT_AUDIT, stored.release) == DROPPED

    assert place_of(redis_client, stored.release) == (keys.due(Lane.BEGUN), 5e9)


def test_a_message_with_another_appid_leaves_a_release_where_it_stands(
    run: Run, at: At, redis_client: redis.Redis
) -> None:
    stored = at(Step.ENSURE_DOMAINS, Status.WAITING, Place(keys.due(Lane.BEGUN), 5e9))

    assert run(Step.ENSURE_DOMAINS, stored.release, "wx00000000000000ff") == DROPPED

    assert place_of(redis_client, stored.release) == (keys.due(Lane.BEGUN), 5e9)


def test_a_release_that_meets_a_pause_is_held_without_a_call(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, pauses: Pauses
) -> None:
    pauses.begin(Scope.ALL, Pause(**a_problem(errcode=61004, errmsg="not whitelisted").model_dump()))
    stored = at(Step.COMMIT_CODE)

    assert isinstance(run(Step.COMMIT_CODE, stored.release), Parked)

    release = now(store, stored)
    assert release.status is Status.WAITING
    assert release.wait is not None
    assert (release.wait.step, release.wait.errcode) == (Step.COMMIT_CODE, 61004)
    assert wechat.scripted.calls == []


def test_commits_go_on_while_submissions_are_paused(
    run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, pauses: Pauses
) -> None:
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem(errcode=85085).model_dump()))
    wechat.answers(commit=[None])
    stored = at(Step.COMMIT_CODE)

    run(Step.COMMIT_CODE, stored.release)

    assert now(store, stored).step is Step.SUBMIT_AUDIT


def test_a_release_that_meets_a_quota_s_pause_says_when_it_goes_on(
    run: Run, at: At, store: ReleaseStore, pauses: Pauses
) -> None:
    until = NOW.replace(year=2099)
    pauses.begin(Scope.SUBMISSIONS, Pause(**a_problem(errcode=85085).model_dump(), until=until))
    stored = at(Step.SUBMIT_AUDIT)

    assert isinstance(run(Step.SUBMIT_AUDIT, stored.release), Parked)

    assert now(store, stored).next_attempt_at == until
