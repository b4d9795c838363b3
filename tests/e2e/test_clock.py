"""A worker whose clock is wrong takes nothing and says so, until its clock is right."""

from pathlib import Path

import pytest

from tests.faults.shifted_clock import HOUR_S, IS_POSSIBLE, ShiftedClock
from tests.support.workers import Platform, Worker, wait_for

pytestmark = pytest.mark.skipif(not IS_POSSIBLE, reason="no C compiler, or not Linux")

AHEAD = "no message is taken: this machine's clock is 3600 s ahead of Redis'"
BEHIND = "no message is taken: this machine's clock is 3600 s behind Redis'"
RIGHT_AGAIN = "agrees with Redis' again"


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    return ShiftedClock(tmp_path / "clock")


def taken(worker: Worker) -> int:
    return worker.text().count(" received")


def set_right(clock: ShiftedClock, worker: Worker) -> None:
    """Set the clock right; the message that is in the queue is taken then, and not before."""
    clock.set(0)
    wait_for(lambda: " received" in worker.text())
    wrong, _, _ = worker.text().partition(RIGHT_AGAIN)
    assert " received" not in wrong


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_in_any_pool_a_worker_that_starts_an_hour_ahead_takes_nothing_until_its_clock_is_right(
    own_platform: Platform, clock: ShiftedClock, pool: str
) -> None:
    own_platform.enqueue_only(own_platform.request(own_platform.mini_program()))
    clock.set(HOUR_S)
    with own_platform.worker("--pool", pool, **clock.environment) as worker:
        wait_for(lambda: AHEAD in worker.text())
        set_right(clock, worker)


def test_a_worker_works_while_its_clock_is_right_whatever_becomes_of_it(
    own_platform: Platform, clock: ShiftedClock
) -> None:
    platform = own_platform
    [release] = platform.enqueue_only(platform.request(platform.mini_program()))
    clock.set(HOUR_S)
    with platform.worker(**clock.environment) as worker, platform.redis() as client:
        wait_for(lambda: AHEAD in worker.text())
        # When it has lost Redis, it looks before it takes a message again.
        client.client_kill_filter(_type="normal", skipme=True)
        wait_for(lambda: worker.text().count(AHEAD) == 2)
        set_right(clock, worker)
        wait_for(lambda: platform.show(release["id"])["status"] == "submitted")

        clock.set(-HOUR_S)
        wait_for(lambda: BEHIND in worker.text())
        before = taken(worker)
        platform.enqueue_only(platform.request(platform.mini_program()))
        # The worker answers the doctor, so it had the time to take the message as well.
        seen = platform.run("doctor", code=1, **clock.environment).stdout.splitlines()
        assert [line.split()[1] for line in seen if not line.startswith("ok")] == ["clock"]
        assert any("clock" in line and "3600 s behind" in line for line in seen)
        assert any("workers" in line and "1 answer" in line for line in seen)
        assert taken(worker) == before
        assert client.llen("releases") == 1
