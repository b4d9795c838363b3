from web.budget import MOST_NAMES, Budget


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


def test_names_are_remembered_as_long_as_there_is_room_for_them() -> None:
    clock = Clock()
    budget = Budget(1, clock)
    assert budget.take("a") == 0.0
    for number in range(MOST_NAMES - 1):
        budget.take(str(number))
    assert budget.take("a") > 0
    budget.take("one more")
    assert budget.take("a") == 0.0
    assert len(vars(budget)["_full_at"]) == MOST_NAMES


def test_how_much_may_come_at_once_can_be_said() -> None:
    budget = Budget(10, Clock(), burst_s=30)
    assert [budget.take("a") for _ in range(6)] == [0.0] * 5 + [6.0]
