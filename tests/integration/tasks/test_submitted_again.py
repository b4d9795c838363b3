"""A rejected release that is resumed: its old audit is never taken for the new one, and its code is not committed again."""

from __future__ import annotations

from typing import Any

import pytest

from releases.intake.one import Releases
from releases.second_half import ReviewStatus
from releases.states import TO_AUDIT, Status, Step
from releases.store.known import Stored
from releases.store.places import looked_at
from releases.store.records import ReleaseStore
from tasks.interim import Parked
from tests.integration.tasks.running import CONFIGURED, OURS, At, Run, at, now, run, wechat
from tests.support.examples import NOW, a_release, a_request
from tests.support.fake_wechat import FakeWeChat, refused, unanswered
from tests.support.records import created
from wechat.mini_program import LatestAudit, TrialVersion

#: The fixtures of its neighbour.
__all__ = ["at", "run", "wechat"]

OLD, NEW = 7, 8


def audit(auditid: int, status: int, **different: Any) -> LatestAudit:
    facts = {"version": "1.4.2", "desc": "faster", "submit_time": 1000.0}
    return LatestAudit(auditid, status, **{**facts, **different})


@pytest.fixture
def rejected(run: Run, at: At, store: ReleaseStore, wechat: FakeWeChat, releases: Releases) -> Stored:
    """One that was submitted by the steps, found rejected by a look, and resumed."""
    wechat.answers(trial_version=[OURS], submit_audit=[OLD], latest_audit=[audit(OLD, 1)])
    stored = at(Step.SUBMIT_AUDIT)
    run(Step.SUBMIT_AUDIT, stored.release)
    run(Step.WATCH_AUDIT, stored.release)
    assert now(store, stored).status is Status.REJECTED
    releases.resume(stored.release.id)
    return stored


def to_the_submission(run: Run, stored: Stored) -> None:
    for step in TO_AUDIT[:-1]:
        run(step, stored.release)


def test_its_trial_version_is_asked_for_and_submitted(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, rejected: Stored
) -> None:
    wechat.answers(get=[CONFIGURED], trial_version=[OURS, OURS], submit_audit=[NEW])

    for step in TO_AUDIT:
        run(step, rejected.release)

    release = now(store, rejected)
    assert "commit" not in wechat.scripted.calls
    assert (release.status, release.auditid, release.progress.ended_audit) == (Status.SUBMITTED, NEW, None)
    assert release.review is not None
    assert release.review.status is ReviewStatus.IN_REVIEW


def test_it_is_committed_again_where_somebody_else_s_code_is_the_trial_version(
    run: Run, wechat: FakeWeChat, rejected: Stored
) -> None:
    wechat.answers(get=[CONFIGURED], trial_version=[TrialVersion("9.9.9", "theirs", 2000)], commit=[None])

    to_the_submission(run, rejected)

    assert wechat.scripted.calls[-1] == "commit"


@pytest.mark.parametrize("old", [audit(OLD, 1), audit(OLD, 3), audit(OLD, 1, submit_time=0)])
def test_after_an_unanswered_submission_the_audit_that_had_ended_is_no_answer(
    old: LatestAudit, run: Run, store: ReleaseStore, wechat: FakeWeChat, rejected: Stored, releases: Releases
) -> None:
    wechat.answers(
        get=[CONFIGURED],
        trial_version=[OURS] * 3,
        submit_audit=[unanswered(), NEW],
        latest_audit=[old, old],
    )
    to_the_submission(run, rejected)

    for _ in range(2):  # not answered; not found yet
        assert isinstance(run(Step.SUBMIT_AUDIT, rejected.release), Parked)
        assert now(store, rejected).status is Status.WAITING
        stored = store.get(rejected.release.id)
        assert stored is not None
        store.save(stored, stored.release.model_copy(update={"next_attempt_at": NOW}), place=looked_at(NOW))
    run(Step.SUBMIT_AUDIT, rejected.release)

    assert (now(store, rejected).status, now(store, rejected).auditid) == (Status.SUBMITTED, NEW)


def test_a_submission_that_is_refused_because_its_new_audit_runs_adopts_that(
    run: Run, store: ReleaseStore, wechat: FakeWeChat, rejected: Stored
) -> None:
    # Beside a release of before, that had an audit of its own
    before = a_release(a_request(user_version="1.0.0"), status=Status.CANCELLED, auditid=OLD - 1)
    created(store, before)
    wechat.answers(
        get=[CONFIGURED],
        trial_version=[OURS, OURS],
        submit_audit=[refused(85009)],
        latest_audit=[audit(NEW, 2)],
    )
    to_the_submission(run, rejected)

    run(Step.SUBMIT_AUDIT, rejected.release)

    assert (now(store, rejected).status, now(store, rejected).auditid) == (Status.SUBMITTED, NEW)
