"""A worker whose clock is wrong works as any other: all times are Redis'. The doctor says so all the same."""

import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.faults.shifted_clock import HOUR_S, IS_POSSIBLE, ShiftedClock
from tests.support.workers import Platform, wait_for

pytestmark = [pytest.mark.long, pytest.mark.skipif(not IS_POSSIBLE, reason="no C compiler, or not Linux")]


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    return ShiftedClock(tmp_path / "clock")


@pytest.mark.parametrize(
    "pool", ["threads", *(pytest.param(pool, marks=pytest.mark.long) for pool in ("prefork", "solo"))]
)
@pytest.mark.parametrize("ahead_s", [HOUR_S, pytest.param(-HOUR_S, marks=pytest.mark.long)])
def test_in_any_pool_a_release_waits_as_long_as_it_should_and_its_times_are_right(
    own_platform: Platform, clock: ShiftedClock, pool: str, ahead_s: float
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=-1)
    clock.set(ahead_s)
    waits = {"MPRELEASE_RETRY__WAIT_INITIAL_S": "1", "MPRELEASE_RETRY__WAIT_MAX_S": "1"}
    began = time.time()
    with platform.worker("--pool", pool, **waits, **clock.environment) as worker:
        [release] = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted", patience_s=20)
        # In prefork's children no step runs on into the next: each of the three is a message, and so are two waits.
        assert worker.text().count(" received") <= (5 if pool == "prefork" else 4)
    times = [
        datetime.fromisoformat(event["time"]).timestamp() for event in platform.show(release["id"])["history"]
    ]
    # A whole second is the least that they tell.
    assert began - 1 <= min(times) <= max(times) <= time.time()


def test_the_doctor_warns_of_a_clock_that_is_wrong(own_platform: Platform, clock: ShiftedClock) -> None:
    clock.set(-HOUR_S)
    with own_platform.worker():
        seen = own_platform.run("doctor", code=0, **clock.environment).stdout.splitlines()
        right = own_platform.run("doctor").stdout
    [line] = [line for line in seen if " clock " in line]
    assert line.startswith("warn")
    assert "3600 s behind Redis'" in line
    assert "ok       clock         as Redis'" in right
