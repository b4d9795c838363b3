from __future__ import annotations

import pytest

from releases.record import Progress
from releases.steps.commit_code import commit_code, landed
from tests.support.examples import a_release, a_request
from tests.support.fake_wechat import FakeMiniProgram, NotedIntents, refused, unanswered
from wechat.errors import RateLimited, Refused, Unanswered
from wechat.mini_program import TrialVersion

OURS = TrialVersion(version="1.4.2", desc="faster", time=1000)


@pytest.mark.parametrize("time", [1000, 1001, 2000])
def test_a_commit_landed_if_version_and_description_are_ours_and_it_is_not_older(time: float) -> None:
    assert landed(TrialVersion("1.4.2", "faster", time), a_release(), since=1000)


def test_the_second_before_counts_because_wechats_times_are_whole_seconds() -> None:
    assert landed(TrialVersion("1.4.2", "faster", 999), a_release(), since=1000.9)


def test_white_space_around_the_description_does_not_count() -> None:
    assert landed(TrialVersion("1.4.2", "faster\n", 1000), a_release(), since=1000)


@pytest.mark.parametrize(
    "trial",
    [
        None,
        TrialVersion("1.4.1", "faster", 1000),
        TrialVersion("1.4.2", "slower", 1000),
        TrialVersion("1.4.2", "", 1000),
        TrialVersion("1.4.2", "faster", 998),
        TrialVersion("1.4.2", "faster", 0),
    ],
)
def test_another_or_an_older_trial_version_is_not_ours(trial: TrialVersion | None) -> None:
    assert not landed(trial, a_release(), since=1000)


def test_the_first_attempt_writes_its_intent_and_commits_without_asking() -> None:
    mini_program, intents = FakeMiniProgram(now=1000, commit=[None]), NotedIntents()
    release = a_release(a_request(ext={"extAppid": "wx1"}))

    what = commit_code(mini_program, release, intents)

    assert what == "committed"
    assert mini_program.calls == ["commit"]
    assert mini_program.committed == [
        {"template_id": 12, "ext": {"extAppid": "wx1"}, "user_version": "1.4.2", "user_desc": "faster"}
    ]
    assert intents.noted == [("commit", 1000)]


def test_a_commit_whose_turn_does_not_come_is_not_intended() -> None:
    mini_program, intents = FakeMiniProgram(turn=RateLimited("rate limit", 60)), NotedIntents()

    with pytest.raises(RateLimited):
        commit_code(mini_program, a_release(), intents)

    assert intents.noted == []
    assert mini_program.calls == []


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedIntents()

    with pytest.raises(Unanswered):
        commit_code(FakeMiniProgram(commit=[unanswered()]), a_release(), intents)

    assert intents.noted == [("commit", 1000)]


def test_after_an_unanswered_attempt_that_landed_nothing_is_sent() -> None:
    mini_program = FakeMiniProgram(trial_version=[OURS])

    what = commit_code(mini_program, a_release(progress=Progress(commit_at=1000)), NotedIntents())

    assert what == "commit found at WeChat"
    assert mini_program.calls == ["trial_version"]


@pytest.mark.parametrize("trial", [None, TrialVersion("1.4.1", "faster", 1000)])
def test_after_an_unanswered_attempt_that_did_not_land_it_is_sent_again(trial: TrialVersion | None) -> None:
    mini_program = FakeMiniProgram(trial_version=[trial], commit=[None])

    what = commit_code(mini_program, a_release(progress=Progress(commit_at=1000)), NotedIntents())

    assert what == "committed"
    assert mini_program.calls == ["trial_version", "commit"]


def test_when_asking_gets_no_answer_nothing_is_sent() -> None:
    mini_program = FakeMiniProgram(trial_version=[unanswered()])

    with pytest.raises(Unanswered):
        commit_code(mini_program, a_release(progress=Progress(commit_at=1000)), NotedIntents())

    assert mini_program.calls == ["trial_version"]


def test_a_refused_commit_is_raised_as_it_is() -> None:
    with pytest.raises(Refused) as caught:
        commit_code(FakeMiniProgram(commit=[refused(85014)]), a_release(), NotedIntents())

    assert caught.value.errcode == 85014
