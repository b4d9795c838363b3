"""Whoever only looks waits for a Redis that is away, says so once, and gives up where no waiting helps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from cli.waiting.patience import PATIENCE, Patience

AWAY = redis.ConnectionError("refused")


class Time:
    """Passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def looked(*answers: Exception | str) -> tuple[str, float]:
    """What came of it, and after how many seconds."""
    left: Iterator[Exception | str] = iter(answers)
    time = Time()

    def read() -> str:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Patience(time.clock, time.sleep).look(read), time.now


@pytest.mark.parametrize(
    "error",
    [
        AWAY,
        redis.TimeoutError("late"),
        redis.exceptions.BusyLoadingError("LOADING"),
        redis.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
    ],
)
def test_it_is_said_once_that_redis_is_away_and_once_that_it_is_back(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked(error, error, error, "there") == ("there", 1.5)
    away, back = capsys.readouterr().err.splitlines()
    assert away.startswith("Redis is away (")
    assert "waiting for it" in away
    assert back == "Redis is back"


def test_nothing_is_said_where_redis_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert looked("there") == ("there", 0.0)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "error",
    [
        redis.AuthenticationError("WRONGPASS"),
        redis.exceptions.NoPermissionError("NOPERM"),
        redis.ResponseError("MOVED 1 127.0.0.1:1"),
        redis.ResponseError("WRONGTYPE Operation against a key"),
    ],
)
def test_what_no_waiting_mends_is_raised_at_once(error: Exception) -> None:
    with pytest.raises(type(error)):
        looked(error, "there")


def test_it_gives_up_in_the_end() -> None:
    tries = int(PATIENCE.total_seconds() / 0.5) + 3
    with pytest.raises(redis.ConnectionError):
        looked(*[AWAY] * tries)
