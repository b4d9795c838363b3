"""One receiver takes more pushes than WeChat sends to a platform with many thousand Mini Programs."""

import pytest

from benchmarks.pushes import measure


@pytest.mark.long
def test_a_receiver_takes_two_hundred_pushes_a_second() -> None:
    # The best of three: other processes of the machine are not what is measured.
    best = max((measure(800) for _ in range(3)), key=lambda result: result.rate)
    assert best.rate >= 200, str(best)
