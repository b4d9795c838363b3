from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from releases.record import Progress
from releases.steps.commit_code import PROMPT_S, commit_code
from tests.support.examples import a_release, a_request
from tests.support.fake_wechat import LEASE, FakeMiniProgram, NotedIntents, refused, unanswered
from wechat.errors import RateLimited, Refused, Unanswered
from wechat.mini_program import TrialVersion

OURS = TrialVersion(version="1.4.2", desc="faster", time=1000)
FORGOTTEN = ("know", {"commit_at": None})


def intended(at: float) -> tuple[str, dict[str, Any]]:
    return "intend", {"commit_at": at, "committed_at": None, "exp_time": None, "seen_under": None}


def committed(until: float, *, is_seen: bool = True) -> tuple[str, dict[str, Any]]:
    return "know", {"committed_at": until, "seen_under": LEASE if is_seen else None}


def test_the_first_attempt_writes_its_intent_and_commits_without_asking() -> None:
    mini_program, intents = FakeMiniProgram(now=1000, commit=[None]), NotedIntents(has_seen_trial=True)
    release = a_release(a_request(ext={"extAppid": "wx1"}))

    what = commit_code(mini_program, release, intents)

    assert what == "committed"
    assert mini_program.calls == ["commit"]
    assert mini_program.committed == [
        {"template_id": 12, "ext": {"extAppid": "wx1"}, "user_version": "1.4.2", "user_desc": "faster"}
    ]
    assert intents.noted == [intended(1000), committed(1000)]


def test_a_commit_whose_turn_does_not_come_is_not_intended() -> None:
    mini_program, intents = (
        FakeMiniProgram(turn=RateLimited("rate limit", 60)),
        NotedIntents(has_seen_trial=True),
    )

    with pytest.raises(RateLimited):
        commit_code(mini_program, a_release(), intents)

    assert intents.noted == []
    assert mini_program.calls == []


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedIntents(has_seen_trial=True)

    with pytest.raises(Unanswered):
        commit_code(FakeMiniProgram(commit=[unanswered()]), a_release(), intents)

    assert intents.noted == [intended(1000)]


def test_after_an_unanswered_attempt_that_landed_nothing_is_sent() -> None:
    mini_program, intents = FakeMiniProgram(now=2000, trial_version=[OURS]), NotedIntents(has_seen_trial=True)

    what = commit_code(mini_program, a_release(progress=Progress(commit_at=1000)), intents)

    assert what == "commit found at WeChat"
    assert mini_program.calls == ["trial_version"]
    assert intents.noted == [committed(OURS.time)]


def test_a_commit_that_was_found_without_a_time_was_made_by_now() -> None:
    mini_program, intents = (
        FakeMiniProgram(now=2000, trial_version=[TrialVersion("1.4.2", "", 0)]),
        NotedIntents(has_seen_trial=True),
    )

    commit_code(mini_program, a_release(progress=Progress(commit_at=1000, committed_at=1001)), intents)

    assert intents.noted == [committed(2000)]


@pytest.mark.parametrize(
    "trial",
    [
        None,
        TrialVersion("1.4.1", "faster", 1000),
        TrialVersion("1.4.2", "hotfix by Bob", 1003),
        TrialVersion("1.4.2", "faster", 0),
    ],
)
def test_after_an_unanswered_attempt_that_did_not_land_it_is_sent_again(trial: TrialVersion | None) -> None:
    mini_program, intents = (
        FakeMiniProgram(now=2000, trial_version=[trial], commit=[None]),
        NotedIntents(has_seen_trial=True),
    )

    what = commit_code(mini_program, a_release(progress=Progress(commit_at=1000)), intents)

    assert what == "committed"
    assert mini_program.calls == ["trial_version", "commit"]
    # The first one may still be on its way.
    assert intents.noted == [intended(1000), committed(2000)]


@pytest.mark.parametrize(
    ("trial", "told"),
    [
        (TrialVersion("9.9.9", "theirs", 1500), "version 9.9.9 (theirs)"),
        (TrialVersion("1.4.2", "faster", 1500), "version 1.4.2 (faster)"),
        (None, "no version at all"),
    ],
)
def test_a_commit_that_somebody_else_has_replaced_is_made_anew_and_the_history_says_whose(
    trial: TrialVersion | None, told: str
) -> None:
    mini_program, intents = (
        FakeMiniProgram(now=2000, trial_version=[trial], commit=[None]),
        NotedIntents(has_seen_trial=True),
    )
    release = a_release(progress=Progress(commit_at=1000, committed_at=1002))

    assert commit_code(mini_program, release, intents) == f"committed again, instead of {told}"
    assert intents.noted == [intended(2000), committed(2000)]


def test_an_answer_that_took_long_does_not_say_what_is_there_now() -> None:
    readings = iter([0.0, PROMPT_S, 0.0, PROMPT_S + 0.1])
    noted = []
    for _ in range(2):
        intents = NotedIntents(has_seen_trial=True)
        commit_code(FakeMiniProgram(commit=[None]), a_release(), intents, lambda: next(readings))
        noted.append(intents.noted[-1])

    assert noted == [committed(1000), committed(1000, is_seen=False)]


ODD = TrialVersion("1.4.2", "put there by WeChat", 4000)


@pytest.mark.parametrize(
    ("trial", "measured"),
    [
        (ODD, [("know", {"exp_time": 4000})]),
        (replace(ODD, version=""), [("know", {"exp_time": 4000})]),
        (replace(ODD, version="9.9.9"), []),
        (replace(ODD, time=0), []),
        (None, []),
    ],
)
def test_after_a_second_commit_wechat_is_asked_for_its_time(
    trial: TrialVersion | None, measured: list[tuple[str, dict[str, Any]]]
) -> None:
    there = TrialVersion("9.9.9", "theirs", 1500)
    mini_program = FakeMiniProgram(now=2000, trial_version=[there, trial], commit=[None])
    intents = NotedIntents(has_seen_trial=True)
    progress = Progress(commit_at=1000, committed_at=1002, foreign="version 9.9.9 (theirs)")

    commit_code(mini_program, a_release(progress=progress), intents)

    assert mini_program.calls == ["trial_version", "commit", "trial_version"]
    assert intents.noted == [intended(2000), committed(2000), *measured]


def test_a_second_commit_that_was_not_answered_and_is_found_is_measured_as_well() -> None:
    mini_program, intents = FakeMiniProgram(trial_version=[OURS]), NotedIntents(has_seen_trial=True)

    commit_code(mini_program, a_release(progress=Progress(commit_at=1000, foreign="version 9.9.9")), intents)

    assert intents.noted == [committed(OURS.time), ("know", {"exp_time": OURS.time})]


def test_when_asking_gets_no_answer_nothing_is_sent() -> None:
    mini_program = FakeMiniProgram(trial_version=[unanswered()])

    with pytest.raises(Unanswered):
        commit_code(
            mini_program, a_release(progress=Progress(commit_at=1000)), NotedIntents(has_seen_trial=True)
        )

    assert mini_program.calls == ["trial_version"]


@pytest.mark.parametrize("errcode", [85014, 47001, 86102, 45011, 61004, -1, 9402202, 40001, 123_456_789])
def test_a_refused_commit_is_raised_as_it_is_and_a_certain_no_takes_the_intent_back(errcode: int) -> None:
    intents = NotedIntents(has_seen_trial=True)

    with pytest.raises(Refused) as caught:
        commit_code(FakeMiniProgram(commit=[refused(errcode)]), a_release(), intents)

    assert caught.value.errcode == errcode
    is_uncertain = errcode in {-1, 9402202, 40001, 123_456_789}
    assert intents.noted[1:] == ([] if is_uncertain else [FORGOTTEN])


@pytest.mark.parametrize(("committed_at", "forgets"), [(None, False), (1002, True)])
def test_a_certain_no_says_nothing_of_an_earlier_commit_that_was_not_answered(
    committed_at: float | None, forgets: bool
) -> None:
    intents = NotedIntents(has_seen_trial=True)
    progress = Progress(commit_at=1000, committed_at=committed_at)

    with pytest.raises(Refused):
        commit_code(
            FakeMiniProgram(trial_version=[None], commit=[refused(85014)]),
            a_release(progress=progress),
            intents,
        )

    assert (FORGOTTEN in intents.noted) is forgets
