from __future__ import annotations

import pytest
import redis
from kombu.exceptions import OperationalError

from worker.metrics.asking import Asking


def test_the_workers_are_counted() -> None:
    asking = Asking(lambda: 2)
    assert asking.answer is None
    asking.ask()
    assert asking.answer == 2


@pytest.mark.parametrize("error", [redis.ConnectionError("away"), OperationalError("away"), OSError("away")])
def test_without_redis_nobody_knows(error: Exception) -> None:
    answers = iter([2])

    def count() -> int:
        for number in answers:
            return number
        raise error

    asking = Asking(count)
    asking.ask()
    asking.ask()
    assert asking.answer is None
