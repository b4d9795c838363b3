"""A worker that is told to stop (SIGTERM) finishes the call it is making and hands back the rest."""

import signal
import sys
import time

import pytest

from releases.scope import Scope
from releases.store import keys
from releases.store.places import Lane
from tests.faults.piped_worker import COMMAND as PIPED
from tests.support.records import members
from tests.support.workers import PATIENT, Platform, wait_for

#: A call that takes this long is on its way when the worker is told to stop. In seconds.
SLOW_S = 2.0
#: What a worker takes to end once nothing runs any more, and more.
ENDS_WITHIN_S = 8.0


def status(platform: Platform, release_id: str) -> str:
    return str(platform.show(release_id)["status"])


def unacknowledged(platform: Platform) -> int:
    with platform.redis() as client:
        return int(client.hlen("unacked"))


def queued(platform: Platform) -> int:
    with platform.redis() as client:
        return int(client.llen("releases"))


def due(platform: Platform) -> list[str]:
    """The releases that a worker brings to the queue in time, or that are held by a pause of the platform."""
    with platform.redis() as client:
        return members(client, keys.due(Lane.BEGUN)) + members(client, keys.held(Scope.ALL))


@pytest.mark.parametrize("pool", ["threads", pytest.param("prefork", marks=pytest.mark.long)])
def test_a_step_that_runs_is_finished_and_its_release_goes_on_elsewhere(
    own_platform: Platform, pool: str
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "delay", seconds=SLOW_S)
    with platform.worker("--concurrency", "2", MPRELEASE_WORKER__POOL=pool, **PATIENT) as worker:
        [release] = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: platform.calls(appid, "commit"))
        began = time.monotonic()
        worker.process.terminate()
        assert worker.process.wait(60) == 0
        assert time.monotonic() - began < SLOW_S + ENDS_WITHIN_S
    stopped = platform.show(release["id"])
    assert (stopped["step"], stopped["status"]) == ("submit_audit", "queued")
    assert (queued(platform), unacknowledged(platform)) == (1, 0)
    with platform.worker():
        wait_for(lambda: status(platform, release["id"]) == "submitted")
    assert len(platform.calls(appid, "commit")) == 1


@pytest.mark.long
def test_a_call_that_wechat_never_answers_holds_a_stop_up_no_longer_than_the_steps_deadline(
    own_platform: Platform,
) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "delay", seconds=30)
    deadline_s = 4.0
    settings = {
        "MPRELEASE_WECHAT__READ_TIMEOUT_S": "60",
        "MPRELEASE_WORKER__STEP_DEADLINE_S": str(deadline_s),
    }
    with platform.worker(**settings) as worker:
        [release] = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: platform.calls(appid, "commit"))
        began = time.monotonic()
        worker.process.terminate()
        assert worker.process.wait(60) == 0
        assert time.monotonic() - began < deadline_s + ENDS_WITHIN_S
    assert status(platform, release["id"]) == "waiting"
    assert (queued(platform), unacknowledged(platform), due(platform)) == (0, 0, [release["id"]])


def test_a_release_that_waits_is_no_workers_and_holds_no_stop_up(own_platform: Platform) -> None:
    platform = own_platform
    appid = platform.mini_program()
    platform.fault(appid, "commit", "errcode", errcode=45011)
    with platform.worker(MPRELEASE_RETRY__SLOW_DOWN_S="20") as worker:
        [release] = platform.enqueue_only(platform.request(appid))
        wait_for(lambda: status(platform, release["id"]) == "waiting")
        wait_for(lambda: not unacknowledged(platform))
        began = time.monotonic()
        worker.process.terminate()
        assert worker.process.wait(60) == 0
        assert time.monotonic() - began < ENDS_WITHIN_S
    assert (queued(platform), unacknowledged(platform), due(platform)) == (0, 0, [release["id"]])


@pytest.mark.parametrize("lines", ["json", pytest.param("text", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("signals", "code"),
    [
        pytest.param((signal.SIGTERM,), 0, id="SIGTERM"),
        pytest.param((signal.SIGINT,), 1, id="SIGINT", marks=pytest.mark.long),
        pytest.param((signal.SIGINT, signal.SIGINT), 1, id="SIGINT twice", marks=pytest.mark.long),
    ],
)
def test_a_worker_whose_log_nobody_reads_any_more_works_on_and_is_stopped_by_a_signal(
    own_platform: Platform, lines: str, signals: tuple[signal.Signals, ...], code: int
) -> None:
    platform = own_platform
    held = platform.mini_program()
    platform.hold(held, "commit")
    with platform.worker(command=PIPED, MPRELEASE_LOG__FORMAT=lines, **PATIENT) as worker:
        assert platform.release(platform.mini_program())["status"] == "submitted"
        platform.enqueue_only(platform.request(held))
        wait_for(lambda: platform.calls(held, "commit"))
        for number in signals:
            worker.process.send_signal(number)
            time.sleep(1)  # two signals at once may be one
        platform.let_go()
        assert worker.process.wait(ENDS_WITHIN_S) == code


@pytest.mark.parametrize("lines", ["json", pytest.param("text", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "output",
    [
        pytest.param(">&- 2>&-", marks=pytest.mark.long),
        ">/dev/full 2>&1",
        pytest.param("--logfile /dev/full", marks=pytest.mark.long),
    ],
)
def test_a_worker_that_can_not_write_its_log_works_and_is_stopped_by_a_signal(
    own_platform: Platform, lines: str, output: str
) -> None:
    program = ["bash", "-c", f'echo " ready."; exec "$0" -m worker worker {output}', sys.executable]
    with own_platform.worker(command=program, MPRELEASE_LOG__FORMAT=lines) as worker:
        assert own_platform.release(own_platform.mini_program())["status"] == "submitted"
        worker.process.terminate()
        assert worker.process.wait(ENDS_WITHIN_S) == 0
        assert "Traceback" not in worker.text()
