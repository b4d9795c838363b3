import pytest

from benchmarks.reporting.arithmetic import percentile, ratio
from benchmarks.reporting.summary import Contested
from tests.unit.benchmarks.figures import figures, run


def test_a_ratio_is_taken_within_each_round_and_not_between_medians() -> None:
    # The machine was slow in the second round, for both.
    assert ratio({1: 100, 2: 10, 3: 90}, {1: 50, 2: 5, 3: 100}) == 2
    assert ratio({1: 100}, {2: 50}) is None
    assert ratio({}, {}) is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1, 100), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


def test_costs_are_medians_per_release() -> None:
    contested = Contested(
        figures(*(run("ours", 0, number, rate) for number, rate in enumerate((10, 30, 20))))
    )
    costs = contested.costs("ours", 0)
    assert costs is not None
    assert costs.rate == pytest.approx(20)
    assert (costs.cpu_ms, costs.commands, costs.bytes_in) == (5, 20, 10)
    assert contested.costs("ours", 200) is None


def test_contestants_are_compared_at_the_same_latency() -> None:
    contested = Contested(figures(run("a", 0, 1, 40), run("b", 0, 1, 20), run("b", 200, 1, 1)))
    assert contested.times("a", "b", 0) == pytest.approx(2)
    assert contested.times("a", "b", 200) is None
