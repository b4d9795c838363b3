"""Nothing is submitted but a trial version that is known to be ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from releases.problems import StepBlocked, Undone
from releases.record import Progress, Release
from releases.states import Step
from releases.steps.submit_audit import JUST_NOW_S
from releases.steps.submit_audit import submit_audit as do_submit_audit
from tests.support.examples import a_release
from tests.support.fake_wechat import LEASE, FakeMiniProgram, NotedIntents, refused, unanswered
from tests.unit.releases.steps.test_submit_audit import (
    ATTEMPT,
    OURS,
    committed,
    submit_audit,
)
from wechat.errors import Refused, Unanswered
from wechat.mini_program import TrialVersion

THEIRS = TrialVersion("9.9.9", "theirs", ATTEMPT + 30)


def waited(**progress: Any) -> Release:
    return committed(scans=1, **progress)


def test_after_a_wait_nothing_is_submitted_before_the_trial_version_is_known_to_be_ours() -> None:
    mini_program = FakeMiniProgram(privacy_info=[{}], trial_version=[OURS], submit_audit=[7])

    assert do_submit_audit(mini_program, waited(), NotedIntents())[0] == 7
    assert mini_program.calls == ["privacy_info", "trial_version", "submit_audit"]


@pytest.mark.parametrize("after_s", [0, JUST_NOW_S + 1])
def test_the_trial_version_is_asked_for_where_lease_or_time_have_gone_on(after_s: float) -> None:
    mini_program = FakeMiniProgram(now=ATTEMPT + after_s, trial_version=[OURS], submit_audit=[7])

    do_submit_audit(mini_program, committed(), NotedIntents(has_seen_trial=bool(after_s)))

    assert mini_program.calls == ["trial_version", "submit_audit"]


@pytest.mark.parametrize(
    ("trial", "told"),
    [
        (THEIRS, "version 9.9.9 (theirs)"),
        (replace(OURS, time=ATTEMPT + 30), "version 1.4.2"),
        (None, "no version at all"),
    ],
)
def test_what_somebody_else_has_uploaded_is_not_submitted(trial: TrialVersion | None, told: str) -> None:
    mini_program, intents = FakeMiniProgram(privacy_info=[{}], trial_version=[trial]), NotedIntents()

    with pytest.raises(Undone) as caught:
        do_submit_audit(mini_program, waited(), intents)

    assert (caught.value.step, caught.value.facts) == (Step.COMMIT_CODE, {"foreign": told})
    assert told in caught.value.why
    assert intents.noted == []


def test_a_second_time_it_blocks_naming_what_is_there() -> None:
    mini_program = FakeMiniProgram(privacy_info=[{}], trial_version=[THEIRS])

    with pytest.raises(StepBlocked) as caught:
        do_submit_audit(mini_program, waited(foreign="version 9.9.8"), NotedIntents())

    assert "version 9.9.9 (theirs)" in caught.value.errmsg
    assert "resume the release" in caught.value.remedy


def test_at_the_time_that_was_measured_after_a_second_commit_it_is_submitted_and_at_no_other() -> None:
    for odd, measured in ((ATTEMPT - 3600, True), (ATTEMPT - 3599, False)):
        trial = TrialVersion("1.4.2", "faster", odd)
        mini_program = FakeMiniProgram(privacy_info=[{}], trial_version=[trial], submit_audit=[7])
        release = waited(foreign="version 1.4.2 (faster)", exp_time=ATTEMPT - 3600)
        if measured:
            assert do_submit_audit(mini_program, release, NotedIntents())[0] == 7
        else:
            with pytest.raises(StepBlocked, match="committed twice"):
                do_submit_audit(mini_program, release, NotedIntents())


def test_just_now_counts_from_when_the_commit_was_sent() -> None:
    release = a_release(
        progress=Progress(commit_at=ATTEMPT - JUST_NOW_S - 1, committed_at=ATTEMPT, seen_under=LEASE)
    )
    mini_program = FakeMiniProgram(trial_version=[THEIRS])

    with pytest.raises(Undone):
        submit_audit(mini_program, release, NotedIntents())


@pytest.mark.parametrize("answer", [unanswered(), refused(48001)])
def test_where_wechat_does_not_say_whose_it_is_nothing_is_submitted(answer: Exception) -> None:
    mini_program = FakeMiniProgram(privacy_info=[{}], trial_version=[answer])

    with pytest.raises((Unanswered, Refused)):
        do_submit_audit(mini_program, waited(), NotedIntents())

    assert "submit_audit" not in mini_program.calls
