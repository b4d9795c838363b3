from __future__ import annotations

import pytest

from cli.commands.wave import what_holds
from cli.following import ASK_AFTER_S, NOBODY, Silence, trouble
from releases.record import counts
from releases.waves.report import WaveReport
from releases.waves.standing import Hold
from tests.support.examples import NOW


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


def a_report(statuses: dict[str, int], held: int = 0, overdue: int = 0) -> WaveReport:
    return WaveReport(
        name="spring",
        counts=counts(statuses),
        policy=None,
        pause=None,
        holds=(Hold("the first run alone", "", held),) if held else (),
        per_minute=4,
        estimated_end=NOW,
        fit=None,
        overdue=overdue,
    )


@pytest.mark.parametrize(
    ("report", "needed"),
    [
        (a_report({"queued": 1, "waiting": 3}, held=3), True),
        (a_report({"running": 16}), True),
        (a_report({"waiting": 197}), True),
        (a_report({"waiting": 3}, held=3), False),
        (a_report({"waiting": 3}, held=3, overdue=1), True),
        (a_report({"blocked": 3, "submitted": 2}), False),
    ],
)
def test_workers_are_needed_where_something_could_go_on(report: WaveReport, needed: bool) -> None:
    assert report.needs_workers is needed


@pytest.mark.parametrize(
    ("report", "answer", "said"),
    [
        (a_report({"queued": 1, "waiting": 3}, held=3), False, f"3 held back: the first run alone; {NOBODY}"),
        (a_report({"waiting": 197}), False, NOBODY),
        (a_report({"running": 16}, overdue=16), False, f"16 releases are overdue. {NOBODY}"),
        (a_report({"waiting": 1}, overdue=1), True, "1 release is overdue: workers are behind"),
        (a_report({"waiting": 3}, held=3), True, "3 held back: the first run alone"),
        (a_report({"queued": 3}), True, ""),
    ],
)
def test_that_no_worker_answers_is_said_and_what_is_overdue(
    report: WaveReport, answer: bool, said: str
) -> None:
    assert what_holds(report.asked(workers_answer=answer)).startswith(said)
    assert bool(what_holds(report.asked(workers_answer=answer))) is bool(said)


def test_where_no_worker_answers_nobody_knows_speed_and_end() -> None:
    shown = a_report({"queued": 3}).asked(workers_answer=False).public()

    assert (shown["estimated_end"], shown["per_minute"], shown["workers_answer"]) == (None, 0.0, False)


def test_where_one_answers_speed_and_end_stay() -> None:
    shown = a_report({"queued": 3}).asked(workers_answer=True).public()

    assert (shown["estimated_end"], shown["per_minute"]) == ("2026-03-14T09:26:53Z", 4.0)


def test_where_nobody_was_asked_only_what_is_overdue_is_said() -> None:
    assert what_holds(a_report({"running": 2}, overdue=2)) == "2 releases are overdue"
    assert what_holds(a_report({"running": 2})) == ""


def test_workers_that_answer_and_take_nothing_are_told_of() -> None:
    said = trouble(2, workers_answer=True, moves=False)

    assert said == "2 releases are overdue: workers answer and do not take them. See: mprelease doctor"
