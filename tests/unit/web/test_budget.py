from web.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_some_seconds_worth_may_come_at_once_and_the_rest_as_time_passes() -> None:
    clock = Clock()
    budget = Budget(480, clock)
    assert [budget.take("a") for _ in range(48)] == [0.0] * 48
    wait_s = budget.take("a")
    assert wait_s == 0.125
    assert budget.take("b") == 0.0
    clock.now += wait_s
    assert budget.take("a") == 0.0
    assert budget.take("a") > 0
    clock.now += 3600
    assert [budget.take("a") for _ in range(48)] == [0.0] * 48
    assert budget.take("a") > 0


def test_what_is_refused_uses_nothing_up() -> None:
    clock = Clock()
    budget = Budget(1, clock)
    assert budget.take("a") == 0.0
    for _ in range(100):
        assert 0 < budget.take("a") <= 60
    clock.now += 60
    assert budget.take("a") == 0.0


def test_nought_is_no_bound() -> None:
    budget = Budget(0)
    assert not any(budget.take("a") for _ in range(100_000))
