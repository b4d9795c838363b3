"""One receiver takes more pushes than WeChat sends to a platform with many thousand Mini Programs."""

import time

import pytest

from benchmarks.pushes import measure

PATIENCE_S = 80.0


@pytest.mark.long
def test_a_receiver_takes_two_hundred_pushes_a_second() -> None:
    # The best of as many as it takes: how busy other processes keep the machine is not what is measured.
    until = time.monotonic() + PATIENCE_S
    best = measure(800)
    while best.rate < 200 and time.monotonic() < until:
        best = max(best, measure(800), key=lambda result: result.rate)
    assert best.rate >= 200, str(best)
