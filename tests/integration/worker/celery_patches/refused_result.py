"""A task whose first result Redis refuses: `python -m tests.integration.worker.celery_patches.refused_result REDIS_URL`.

In a process of its own, since a worker takes over the process that it runs in: its log, its current app, its transport.
"""

from __future__ import annotations

import sys
from typing import Any

import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker

from tests.support.workers import wait_for
from worker.celery_patches import transport
from worker.celery_patches.result_backend import BACKENDS


def main(redis_url: str) -> None:
    """Raises unless the task runs again, and whoever waits hears of the second time."""
    client, runs = redis.Redis.from_url(redis_url), list[int]()
    transport.install()
    app = Celery("test", broker=redis_url, backend=redis_url)
    loader: Any = app.loader
    loader.override_backends = BACKENDS
    app.conf.update(
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_consumer="worker.celery_patches.consumer:Consumer",
    )

    @app.task(name="tasks.refused_at_first")
    def refused_at_first() -> int:
        runs.append(1)
        if len(runs) == 1:
            client.config_set("min-replicas-to-write", 1)
        return len(runs)

    client.config_resetstat()
    with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False):
        sent: Any = refused_at_first.delay()
        wait_for(lambda: "errorstat_NOREPLICAS" in client.info("errorstats"))
        client.config_set("min-replicas-to-write", 0)
        assert sent.get(timeout=30) == 2


if __name__ == "__main__":
    main(sys.argv[1])
