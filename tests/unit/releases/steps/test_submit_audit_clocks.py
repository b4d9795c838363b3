"""Whose an audit is where the Date header and the times within WeChat's answers are of clocks that are minutes apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from releases.problems import NotShownYet, StepBlocked
from tests.support.fake_wechat import FakeMiniProgram, NotedIntents
from tests.unit.releases.steps.test_submit_audit import (
    ATTEMPT,
    DELAYED,
    IN_REVIEW,
    OURS,
    PASSED,
    REJECTED,
    after_unanswered_submit,
    audit,
    submit_audit,
)
from wechat.mini_program import TrialVersion

OTHERS_TRIALS = [
    None,
    replace(OURS, time=0),
    replace(OURS, version="1.4.1", time=500),
    replace(OURS, desc="somebody else's", time=500),
    replace(OURS, time=600),
]


@pytest.mark.parametrize("status", [PASSED, IN_REVIEW, DELAYED])
def test_an_audit_that_came_after_our_trial_version_is_ours_however_wrong_the_date_header_is(
    status: int,
) -> None:
    trial, latest = replace(OURS, time=500), audit(status, submit_time=501)
    mini_program = FakeMiniProgram(latest_audit=[latest], trial_version=[trial])

    auditid, _ = submit_audit(mini_program, after_unanswered_submit(unfound=0), NotedIntents())

    assert auditid == latest.auditid


def test_one_that_was_rejected_since_is_not_submitted_a_second_time_either() -> None:
    trial, latest = replace(OURS, time=500), audit(REJECTED, submit_time=501)
    mini_program = FakeMiniProgram(latest_audit=[latest], trial_version=[trial])

    with pytest.raises(StepBlocked, match="has been rejected already"):
        submit_audit(mini_program, after_unanswered_submit(), NotedIntents())


@pytest.mark.parametrize("trial", OTHERS_TRIALS)
def test_of_another_trial_version_or_a_later_one_it_tells_nothing(trial: TrialVersion | None) -> None:
    mini_program = FakeMiniProgram(latest_audit=[audit(PASSED, submit_time=501)], trial_version=[trial])

    with pytest.raises(NotShownYet):
        submit_audit(mini_program, after_unanswered_submit(unfound=0), NotedIntents())


@pytest.mark.parametrize("status", [PASSED, REJECTED, IN_REVIEW])
def test_an_audit_of_before_our_commit_is_not_ours_whatever_its_version(status: int) -> None:
    release = after_unanswered_submit(commit_at=ATTEMPT - 20)
    latest = audit(status, submit_time=ATTEMPT - 40)
    trial = replace(OURS, time=ATTEMPT - 20)
    mini_program = FakeMiniProgram(
        now=ATTEMPT - 19, latest_audit=[latest], trial_version=[trial], submit_audit=[7]
    )

    assert submit_audit(mini_program, release, NotedIntents())[0] == 7
