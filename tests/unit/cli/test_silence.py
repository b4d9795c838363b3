from __future__ import annotations

import pytest

from cli.commands.wave import what_holds
from cli.following import ASK_AFTER_S, NOBODY, Silence
from releases.record import counts
from releases.waves.report import WaveReport
from releases.waves.standing import Hold


class World:
    """A clock that is set by hand, and workers that answer or do not."""

    def __init__(self) -> None:
        self.now = 100.0
        self.some = False
        self.asked = 0

    def answers(self) -> bool:
        self.asked += 1
        return self.some


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def silence(world: World) -> Silence:
    return Silence(world.answers, lambda: world.now)


def test_nobody_is_asked_while_something_happens(world: World, silence: Silence) -> None:
    for number in range(20):
        world.now += ASK_AFTER_S - 1
        silence.notice(number)
        assert not silence.nobody_answers()

    assert world.asked == 0


def test_after_a_while_in_which_nothing_happened_the_workers_are_asked_and_not_at_each_look(
    world: World, silence: Silence
) -> None:
    for _ in range(100):
        world.now += ASK_AFTER_S / 50
        silence.notice("the same")
        silence.nobody_answers()

    assert world.asked in (1, 2)
    assert silence.nobody_answers()


def test_a_worker_that_answers_or_works_ends_it(world: World, silence: Silence) -> None:
    silence.notice("the same")
    world.now += ASK_AFTER_S
    assert silence.nobody_answers()

    world.now += ASK_AFTER_S
    world.some = True
    assert not silence.nobody_answers()

    world.some = False
    world.now += ASK_AFTER_S
    assert silence.nobody_answers()
    silence.notice("another")
    assert not silence.nobody_answers()
    assert silence.seconds() == 0


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ({"queued": 1, "waiting": 3}, f"3 held back: the first run alone; {NOBODY}"),
        ({"waiting": 3}, "3 held back: the first run alone"),
    ],
)
def test_that_no_worker_answers_is_said_where_releases_are_queued(
    world: World, silence: Silence, statuses: dict[str, int], said: str
) -> None:
    report = WaveReport(
        name="spring",
        counts=counts(statuses),
        policy=None,
        pause=None,
        holds=(Hold("the first run alone", "", 3),),
        per_minute=0,
        estimated_end=None,
        fit=None,
    )
    world.now += ASK_AFTER_S

    assert what_holds(report, silence) == said
