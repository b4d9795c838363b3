from typing import Any

import pytest

from benchmarks.reporting.targets import ONE, Target, targets
from tests.unit.benchmarks.figures import figures, run


def verdicts(*runs: dict[str, Any], **more: Any) -> dict[str, bool | None]:
    return {target.wanted: target.met for target in targets(figures(*runs, **more))}


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert set(verdicts().values()) == {None}


@pytest.mark.parametrize(("rate", "met"), [(95.1, True), (94.9, False)])
def test_the_floor_is_what_we_are_held_against_at_200_ms(rate: float, met: bool) -> None:
    found = verdicts(run("floor", 200, 1, 100), run(ONE, 200, 1, rate))
    assert found["200 ms a call: at least 0.95 of the throughput of the floor"] is met


@pytest.mark.parametrize(("calls", "met"), [(3.0, True), (3.02, False), (2.9, False)])
def test_so_many_calls_and_neither_more_nor_fewer(calls: float, met: bool) -> None:
    found = verdicts(http={"domains are there": {"release": calls}})
    assert found["HTTP calls per release where the domains are there: 3"] is met


@pytest.mark.parametrize(("most", "met"), [(10.9, True), (11.1, False)])
def test_a_cost_is_flat_if_it_grows_by_a_tenth_at_the_most(most: float, met: bool) -> None:
    names = ("cpu_ms", "commands", "list --wave ms", "list --appid ms", "wave ms", "show ms")
    rows = [
        {"stored": number, **dict.fromkeys(names, cost)} for number, cost in ((0, 10.0), (9, 1.0), (99, most))
    ]
    found = [met for wanted, met in verdicts(stored=rows).items() if "stored" in wanted]
    assert found == [met] * len(names)


def test_a_figure_is_shown_in_its_unit() -> None:
    assert Target("p50", 12.345, most=30, form="{:.1f} ms").shown == "12.3 ms"
    assert Target("share", 0.064, most=0.1, form="{:.1%}").shown == "6.4%"
