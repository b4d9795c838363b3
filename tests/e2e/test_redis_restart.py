"""Redis is restarted, with its append-only file, while releases change step."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import redis

from tests.support import workers
from tests.support.restartable_redis import RestartableRedis, restartable_redis
from tests.support.workers import Platform, wait_for

RELEASES = 40

pytestmark = pytest.mark.long


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    with restartable_redis(tmp_path / "redis") as server:
        yield server


def test_a_restart_of_redis_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, server: RestartableRedis
) -> None:
    simulated = ("--scan-s", "0", "--latency-ms", "30")
    with workers.platform(tmp_path, *simulated, server=server) as platform:
        appids = [platform.mini_program() for _ in range(RELEASES)]
        with platform.worker("--concurrency", "4"):
            platform.enqueue_only(*map(platform.request, appids))
            for share in (1, 2, 3):
                wait_for(partial(at_least, platform, share * RELEASES // 5))
                server.restart()
            wait_for(lambda: submitted(platform) == RELEASES, 100)
        for appid in appids:
            state = platform.mini(appid)
            assert len(state["audits"]) == 1
            assert state["submitted_after_applied"] == 0
            applied = Counter(call["endpoint"] for call in platform.calls(appid) if call["applied"])
            assert applied["commit"] == 1


def at_least(platform: Platform, number: int) -> bool:
    return submitted(platform) >= number


def submitted(platform: Platform) -> int:
    with platform.redis() as client:
        try:
            return int(client.zcard("releases:status:submitted"))
        except redis.ConnectionError:
            return 0
