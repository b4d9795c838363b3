"""Redis refuses for some seconds, in each way it can: the same worker waits, and goes on with all its slots."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import workers
from tests.refusals import WAYS, Way
from tests.restartable_redis import RestartableRedis, restartable_redis
from tests.workers import PATIENT, Platform, Worker, wait_for

RELEASES = 24
CONCURRENCY = 4
REFUSED_S = 3.0
#: A worker takes messages again within so many seconds of Redis being well.
WELL_WITHIN_S = 15.0

each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    with restartable_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def platform(tmp_path: Path, server: RestartableRedis) -> Iterator[Platform]:
    with workers.platform(tmp_path, "--scan-s", "0", "--latency-ms", "30", server=server) as platform:
        yield platform


@contextmanager
def a_worker(platform: Platform, **settings: str) -> Iterator[Worker]:
    """One that is the same process at the end of the block, with no message in hand."""
    with platform.worker("--concurrency", str(CONCURRENCY), **settings) as worker:
        yield worker
        assert worker.process.poll() is None
        with platform.redis() as client:
            wait_for(lambda: not client.hlen("unacked") and not client.llen("releases"))


def all_slots_are_free(platform: Platform) -> None:
    """So many steps at once as there are slots begin within the time."""
    appids = platform.mini_programs(CONCURRENCY)
    for appid in appids:
        platform.hold(appid, "commit")
    platform.enqueue_only(*map(platform.request, appids))
    wait_for(lambda: all(platform.calls(appid, "commit") for appid in appids), WELL_WITHIN_S)
    platform.let_go()
    all_submitted(platform, appids)


def all_submitted(platform: Platform, appids: list[str]) -> None:
    wait_for(partial(_are_submitted, platform, len(platform.releases())), 40)
    for appid in appids:
        state = platform.mini(appid)
        assert len(state["audits"]) == 1
        assert state["submitted_after_applied"] == 0


def _are_submitted(platform: Platform, number: int) -> bool:
    with platform.redis() as client:
        return int(client.zcard("releases:status:submitted")) == number


def result_of(platform: Platform, release: dict[str, Any]) -> Any:
    with platform.redis() as client:
        return client.get(f"celery-task-meta-{release['id']}")


@each_way
def test_a_wave_goes_on(platform: Platform, server: RestartableRedis, way: Way) -> None:
    appids = platform.mini_programs(RELEASES)
    with a_worker(platform, **PATIENT) as worker:
        enqueued = platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: platform.calls(appids[0]) and platform.sim("GET", "state")["totals"])
        with way(server):
            time.sleep(REFUSED_S)
        all_submitted(platform, appids)
        all_slots_are_free(platform)
        assert all(result_of(platform, release) for release in enqueued)
        assert worker.text().count("refuses") <= 3


@each_way
def test_an_idle_worker_goes_on(platform: Platform, server: RestartableRedis, way: Way) -> None:
    with a_worker(platform, **PATIENT):
        with way(server):
            time.sleep(REFUSED_S)
        all_slots_are_free(platform)


@each_way
def test_steps_that_end_meanwhile_are_acknowledged_afterwards(
    platform: Platform, server: RestartableRedis, way: Way
) -> None:
    appids = platform.mini_programs(CONCURRENCY)
    for appid in appids:
        platform.hold(appid, "submit_audit")
    with a_worker(platform, **PATIENT):
        enqueued = platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: all(platform.calls(appid, "submit_audit") for appid in appids))
        with way(server):
            platform.let_go()
            time.sleep(REFUSED_S)
        all_submitted(platform, appids)
        wait_for(lambda: all(result_of(platform, release) for release in enqueued), WELL_WITHIN_S)
        all_slots_are_free(platform)
