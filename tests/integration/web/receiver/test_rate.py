"""One receiver takes more pushes than WeChat sends to a platform with many thousand Mini Programs."""

import pytest

from benchmarks.pushes import measure


@pytest.mark.long
def test_a_receiver_takes_two_hundred_pushes_a_second() -> None:
    # By the CPU that it takes, and the best of three: how busy other processes keep the machine is not what is measured.
    best = max((measure(800) for _ in range(3)), key=lambda result: result.rate_of_a_core)
    assert best.rate_of_a_core >= 200, str(best)
    # Nor is time that goes by without CPU: pushes that wait for one another would be answered late.
    assert best.rate >= 50, str(best)
