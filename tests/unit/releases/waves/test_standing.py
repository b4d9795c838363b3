from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from releases.record import counts
from releases.remedies import in_chinese
from releases.scope import Scope
from releases.store.pauses import Pause
from releases.store.tally import WaveTally
from releases.waves.brake import WavePolicy, canary_pause
from releases.waves.standing import Hold, State, holds_of, in_force, stands_still, state_of
from tests.support.bilingual import is_chinese
from tests.support.examples import a_problem

CANARY = canary_pause("spring", WavePolicy(canary=2, max_blocked=10))
BRAKE = Pause(**a_problem(errmsg="wave spring is braked").model_dump())
BY_HAND = Pause(**a_problem(errmsg="paused by hand: lunch").model_dump(), by_hand=True)


def tally(waits: dict[str, int] | None = None, **statuses: int) -> WaveTally:
    return WaveTally(counts(statuses), started=0, waits=waits or {})


def still(of: WaveTally, pause: Pause | None = None, platform: dict[Scope, Pause] | None = None) -> bool:
    return stands_still(of.counts, state_of(of.counts, pause), holds_of(of, pause, platform or {}))


@pytest.mark.parametrize(
    ("pause", "state"), [(None, State.RUNNING), (CANARY, State.CANARY), (BRAKE, State.BRAKED)]
)
def test_a_wave_that_goes_on_is_as_its_pause_says(pause: Pause | None, state: State) -> None:
    assert state_of(counts({"waiting": 1, "blocked": 9}), pause) is state


@pytest.mark.parametrize("pause", [None, CANARY, BRAKE])
def test_a_wave_whose_releases_are_at_rest_is_over_whatever_pause_is_on(pause: Pause | None) -> None:
    at_rest = tally(submitted=1, blocked=1, failed=1, cancelled=1)

    assert state_of(at_rest.counts, pause) is State.OVER
    assert still(at_rest, pause)


def test_a_canary_that_was_the_whole_wave_holds_nobody_once_it_has_ended() -> None:
    at_rest = counts({"submitted": 2})

    assert in_force(at_rest, CANARY) is None
    assert in_force(counts({"submitted": 1, "running": 1}), CANARY) is CANARY
    assert in_force(at_rest, BRAKE) is BRAKE, "it holds those that are resumed"


def test_what_holds_releases_back_is_told_with_how_many() -> None:
    waits = {"wave": 90, "submissions": 2, "45009": 3, "61039": 4, "-1": 5}

    held = holds_of(tally(waits, waiting=104), CANARY, {Scope.SUBMISSIONS: BY_HAND})

    assert [str(hold) for hold in held][:2] == [
        "90 held back: wave spring: the first 2 run alone",
        "2 held back: submissions paused by hand: lunch",
    ]
    (quota,) = held[2:]
    assert str(quota).startswith("3 held back: 45009 "), "the others pass in seconds"


def test_those_that_wait_behind_an_older_release_are_told_and_hold_nobody_else() -> None:
    behind = tally({"older": 3}, waiting=3, submitted=9)

    (hold,) = holds_of(behind, None, {})

    assert str(hold).startswith("3 held back: an older release of the Mini Program is under audit")
    assert is_chinese(in_chinese(hold.remedy))
    assert not still(behind), "each of them goes on by itself"
    assert still(behind, BRAKE), "nothing goes on before that"


def test_a_pause_that_has_met_none_is_told_all_the_same() -> None:
    assert holds_of(tally(queued=5), BRAKE, {}) == (Hold("wave spring is braked", "Register it.", 0),)
    assert str(holds_of(tally(queued=5), BRAKE, {})[0]) == "wave spring is braked"


def test_a_pause_of_the_platform_is_told_with_errcode_and_end_and_without_the_rid() -> None:
    problem: dict[str, Any] = a_problem(errcode=85085, errmsg="quota used up rid: 65f-1").model_dump()
    paused = Pause(**problem, until=datetime(2026, 4, 1, tzinfo=UTC))

    (hold,) = holds_of(tally({"submissions": 7}, waiting=7), None, {Scope.SUBMISSIONS: paused})

    assert str(hold) == "7 held back: submissions wait until 2026-04-01 00:00 UTC: 85085 quota used up"


@pytest.mark.parametrize("busy", ["queued", "running"])
def test_a_braked_wave_stands_still_when_all_are_held_and_not_before(busy: str) -> None:
    assert not still(tally({"wave": 4}, waiting=4, blocked=9, **{busy: 1}), BRAKE)
    assert not still(tally({"wave": 4}, waiting=5, blocked=9), BRAKE), "one waits for a moment only"
    assert still(tally({"wave": 5}, waiting=5, blocked=9), BRAKE)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_braked_wave_stands_still_also_when_the_platform_holds_its_releases(scope: Scope) -> None:
    held = tally({"wave": 4, scope: 3, "45009": 2}, waiting=9)

    assert still(held, BRAKE, {scope: BY_HAND})
    assert not still(held, BRAKE), "that pause is over: they come, and meet the brake"


def test_a_canary_and_a_paused_platform_are_waited_for() -> None:
    assert not still(tally({"wave": 5}, waiting=5, submitted=2), CANARY)
    assert not still(tally({"all": 5}, waiting=5), None, {Scope.ALL: BY_HAND})
