from __future__ import annotations

from typing import Any

import pytest

from releases.problems import NotShownYet, StepBlocked
from releases.states import Step
from releases.steps.live.revert import revert as do_revert
from tests.support.examples import NOW
from tests.support.fake_wechat import FakeMiniProgram, refused, unanswered
from tests.support.live import INTENT, NOTHING_LIVE, OLD, NotedSteps, earlier, ordered, shown
from wechat.errors import RateLimited, Refused, Unanswered
from wechat.mini_program import LiveVersion

BEFORE = earlier(7, "1.4.1", "slower")
OURS_LIVE = shown()


def revert(
    mini_program: FakeMiniProgram, intents: NotedSteps | None = None, **progress: Any
) -> LiveVersion | None:
    return do_revert(mini_program, ordered(Step.REVERT, **progress), intents or NotedSteps())


def test_the_newest_that_is_not_ours_is_chosen_intended_and_called_once() -> None:
    ours = earlier(9, "1.4.2", "faster", NOW.timestamp() + 60)
    listed = [earlier(6, "1.4.0"), ours, earlier(8, "1.4.1", "slower"), BEFORE]
    mini_program = FakeMiniProgram(
        now=INTENT, versions=[OURS_LIVE, OLD], earlier_versions=[listed], revert=[None]
    )
    intents = NotedSteps()

    assert revert(mini_program, intents) == OLD.live

    assert mini_program.reverted_to == [8]
    assert mini_program.calls == ["versions", "earlier_versions", "revert", "versions"]
    assert intents.noted == [("intend", {"revert_to": 8, "revert_at": INTENT})]


def test_ours_is_known_by_its_time_whatever_its_description_and_without_one_by_that() -> None:
    late = earlier(9, "1.4.2", "put there by WeChat", NOW.timestamp() - 10)
    unknown = earlier(8, "1.4.2", "faster")
    mini_program = FakeMiniProgram(
        versions=[shown(desc="put there by WeChat"), OLD],
        earlier_versions=[[BEFORE, late, unknown]],
        revert=[None],
    )

    revert(mini_program)

    assert mini_program.reverted_to == [7]


def test_a_version_of_our_name_that_was_published_after_ours_is_somebody_elses() -> None:
    release = ordered(Step.REVERT)
    assert release.publication is not None
    publication = release.publication.model_copy(update={"released_at": NOW})
    later = shown(time=NOW.timestamp() + 11)
    mini_program = FakeMiniProgram(versions=[later], earlier_versions=[[BEFORE]])

    with pytest.raises(StepBlocked, match="nothing was taken back"):
        do_revert(mini_program, release.model_copy(update={"publication": publication}), NotedSteps())


def test_an_older_release_of_the_same_version_is_one_to_go_back_to() -> None:
    old = earlier(8, "1.4.2", "faster", NOW.timestamp() - 3600)
    mini_program = FakeMiniProgram(versions=[OURS_LIVE, OLD], earlier_versions=[[BEFORE, old]], revert=[None])

    revert(mini_program)

    assert mini_program.reverted_to == [8]


def test_the_intent_stands_before_the_call_goes_out() -> None:
    intents = NotedSteps()
    mini_program = FakeMiniProgram(
        now=INTENT, versions=[OURS_LIVE], earlier_versions=[[BEFORE]], revert=[unanswered()]
    )

    with pytest.raises(Unanswered):
        revert(mini_program, intents)

    assert intents.noted == [("intend", {"revert_to": 7, "revert_at": INTENT})]


def test_a_call_whose_turn_does_not_come_is_not_intended() -> None:
    turn = RateLimited("rate limit", 60)
    mini_program = FakeMiniProgram(turn=turn, versions=[OURS_LIVE], earlier_versions=[[BEFORE]])
    intents = NotedSteps()

    with pytest.raises(RateLimited):
        revert(mini_program, intents)

    assert intents.noted == []


@pytest.mark.parametrize("listed", [[], [BEFORE]])
def test_after_an_unanswered_call_the_target_live_or_an_empty_list_says_that_it_landed(
    listed: list[Any],
) -> None:
    mini_program = FakeMiniProgram(versions=[OLD], earlier_versions=[listed])

    assert revert(mini_program, revert_to=7, revert_at=INTENT) == OLD.live

    assert mini_program.reverted_to == []


def test_one_that_landed_and_whose_version_is_never_shown_is_believed_after_ten_minutes() -> None:
    def landed(late_s: float) -> LiveVersion | None:
        mini_program = FakeMiniProgram(versions=[NOTHING_LIVE], earlier_versions=[[]])
        return revert(mini_program, NotedSteps(late_s), revert_to=7, revert_at=INTENT)

    with pytest.raises(NotShownYet):
        landed(599)
    assert landed(600) is None


def test_a_call_that_was_not_answered_is_not_repeated_within_a_minute() -> None:
    mini_program = FakeMiniProgram(now=INTENT + 59, versions=[OURS_LIVE], earlier_versions=[[BEFORE]])

    with pytest.raises(NotShownYet):
        revert(mini_program, revert_to=7, revert_at=INTENT)

    assert mini_program.reverted_to == []


def test_one_that_did_not_land_is_repeated_after_a_minute_to_the_same_version() -> None:
    mini_program = FakeMiniProgram(
        now=INTENT + 60,
        versions=[OURS_LIVE, OLD],
        earlier_versions=[[BEFORE, earlier(8, "1.4.1")]],
        revert=[None],
    )

    revert(mini_program, revert_to=7, revert_at=INTENT)

    assert mini_program.reverted_to == [7]


def test_a_repeated_call_that_finds_nothing_to_go_back_to_has_landed() -> None:
    mini_program = FakeMiniProgram(
        now=INTENT + 60, versions=[OURS_LIVE, OLD], earlier_versions=[[BEFORE]], revert=[refused(87012)]
    )

    assert revert(mini_program, revert_to=7, revert_at=INTENT) == OLD.live


@pytest.mark.parametrize("errcode", [87011, 87012])
def test_a_refusal_blocks_with_what_wechat_says(errcode: int) -> None:
    mini_program = FakeMiniProgram(
        versions=[OURS_LIVE], earlier_versions=[[BEFORE]], revert=[refused(errcode)]
    )

    with pytest.raises(Refused) as caught:
        revert(mini_program)

    assert caught.value.errcode == errcode


def test_a_certain_refusal_takes_the_intent_back() -> None:
    intents = NotedSteps()
    mini_program = FakeMiniProgram(versions=[OURS_LIVE], earlier_versions=[[BEFORE]], revert=[refused(85015)])

    with pytest.raises(Refused):
        revert(mini_program, intents)

    assert intents.noted[-1] == ("know", {"revert_to": None, "revert_at": None})


@pytest.mark.parametrize("listed", [[], [earlier(9, "1.4.2", "faster")]])
def test_without_an_earlier_version_it_blocks_and_calls_nothing(listed: list[Any]) -> None:
    mini_program = FakeMiniProgram(versions=[OURS_LIVE], earlier_versions=[listed])

    with pytest.raises(StepBlocked) as caught:
        revert(mini_program)

    assert caught.value.errcode == 87012


def test_somebody_elses_live_version_is_never_taken_back() -> None:
    mini_program = FakeMiniProgram(versions=[shown("9.9.9", "theirs")], earlier_versions=[[BEFORE]])

    with pytest.raises(StepBlocked, match=r"version 9\.9\.9 \(theirs\)"):
        revert(mini_program)

    # Nor is it taken for ours that came back.
    mini_program = FakeMiniProgram(versions=[shown("9.9.9", "theirs")], earlier_versions=[[BEFORE]])
    with pytest.raises(StepBlocked, match=r"version 9\.9\.9 \(theirs\)"):
        revert(mini_program, revert_to=7, revert_at=INTENT)


def test_a_call_that_was_answered_and_does_not_show_yet_is_waited_for() -> None:
    def reverted(late_s: float) -> None:
        mini_program = FakeMiniProgram(
            versions=[OURS_LIVE, OURS_LIVE], earlier_versions=[[BEFORE]], revert=[None]
        )
        revert(mini_program, NotedSteps(late_s))

    with pytest.raises(NotShownYet):
        reverted(599)
    with pytest.raises(StepBlocked, match="does not show another one"):
        reverted(600)
