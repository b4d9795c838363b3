"""Redis goes away while a worker is at one release and has room for more: what keeps us below Celery 5.7.

A worker that has no room survives it there as well, so a restart in the middle of a full one proves nothing
(docs/upgrading-celery.md).
"""

from pathlib import Path

import pytest

from tests.support import workers
from tests.support.restartable_redis import restartable_redis
from tests.support.workers import wait_for

LOST = "Connection to broker lost"


@pytest.mark.long
def test_a_worker_with_room_for_more_outlives_redis(tmp_path: Path) -> None:
    simulated = ("--scan-s", "0", "--latency-ms", "1000")
    with (
        restartable_redis(tmp_path / "redis") as server,
        workers.platform(tmp_path, *simulated, server=server) as platform,
        platform.worker("--concurrency", "4") as worker,
    ):
        platform.enqueue_only(platform.request(platform.mini_program()))
        with platform.redis() as client:
            wait_for(lambda: client.hlen("unacked") == 1)
        server.stop()
        wait_for(lambda: LOST in worker.text())
        server.restart()
        wait_for(lambda: worker.text().count("Connected to redis") == 2 or worker.process.poll() is not None)
        assert worker.process.poll() is None
