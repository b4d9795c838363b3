from __future__ import annotations

from typing import Any

import pytest

from releases.record import counts
from releases.store.pauses import Pause
from releases.waves.brake import JUDGED_FROM, GoOn, WavePolicy, canary_pause, judge
from tests.support.examples import a_problem

POLICY = WavePolicy(canary=10, max_blocked=20)
CANARY = canary_pause("spring", POLICY)


def judged(
    held: int = 0, pause: Pause | None = None, policy: WavePolicy = POLICY, started: int = 0, **statuses: int
) -> Any:
    return judge("spring", policy, counts(statuses), pause, held=held, started=started)


@pytest.mark.parametrize("going_on", ["queued", "running", "waiting"])
def test_while_the_canary_runs_nothing_happens(going_on: str) -> None:
    tally = {"waiting": 90, "submitted": 7, "blocked": 2}
    tally[going_on] = tally.get(going_on, 0) + 1

    assert judge("spring", POLICY, counts(tally), CANARY, held=90, started=10) is None


def test_a_canary_that_can_end_well_no_more_is_not_waited_for() -> None:
    decision = judged(held=90, pause=CANARY, waiting=97, blocked=3, started=10)

    assert isinstance(decision, Pause)
    assert "of its canary 3 of 10 ended blocked, over the 20 % allowed" in decision.errmsg


def test_what_no_release_did_is_not_counted() -> None:
    decision = judged(held=90, pause=CANARY, waiting=97, failed=3, started=10)

    assert isinstance(decision, Pause)
    assert "of its canary 3 of 10 failed, over the 20 % allowed" in decision.errmsg


def test_when_the_canary_went_well_the_rest_goes_on() -> None:
    assert isinstance(judged(held=90, pause=CANARY, waiting=90, submitted=8, blocked=1, failed=1), GoOn)


def test_when_too_many_of_the_canary_stopped_the_wave_is_braked_and_says_why() -> None:
    decision = judged(held=90, pause=CANARY, waiting=90, submitted=7, blocked=2, failed=1)

    assert isinstance(decision, Pause)
    assert decision.errmsg == (
        "wave spring is braked: of its canary 2 of 10 ended blocked and 1 failed, over the 20 % allowed"
    )
    assert "mprelease resume --wave spring" in decision.remedy
    assert "mprelease cancel --wave spring" in decision.remedy
    assert not decision.canary


def test_a_cancelled_release_of_the_canary_counts_neither_way() -> None:
    assert isinstance(judged(held=90, pause=CANARY, waiting=90, submitted=1, cancelled=9), GoOn)


def test_a_canary_that_was_cancelled_as_a_whole_says_nothing_so_the_wave_is_braked() -> None:
    assert isinstance(judged(held=90, pause=CANARY, waiting=90, cancelled=10), Pause)


def test_the_same_bound_holds_for_the_whole_wave() -> None:
    assert judged(queued=60, submitted=32, blocked=8) is None
    assert isinstance(judged(queued=60, submitted=31, blocked=8, failed=1), Pause)


def test_blocks_that_come_before_the_submissions_are_held_against_all_that_were_started() -> None:
    assert judged(queued=9000, running=970, blocked=30, started=1000) is None
    assert isinstance(judged(queued=9000, running=790, blocked=210, started=1000), Pause)


def test_a_few_releases_say_little() -> None:
    policy = WavePolicy(max_blocked=0)

    assert judged(policy=policy, queued=90, blocked=JUDGED_FROM - 1) is None
    assert isinstance(judged(policy=policy, queued=90, blocked=JUDGED_FROM), Pause)


def test_a_wave_that_is_over_is_not_braked() -> None:
    assert judged(blocked=100) is None


def test_a_braked_wave_is_left_to_a_person() -> None:
    braked = Pause(**a_problem().model_dump())

    assert judged(held=90, pause=braked, waiting=90, submitted=10) is None
