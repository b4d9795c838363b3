"""A result that Redis refuses for now: its message comes again, and whoever waits for it hears of it then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker

from tests.support.workers import wait_for
from worker.celery_patches import transport
from worker.celery_patches.result_backend import BACKENDS


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    """An app with what we change in Celery, and nothing else of ours."""
    transport.install()
    with Celery("test", broker=redis_url, backend=redis_url, set_as_current=False) as made:
        loader: Any = made.loader
        loader.override_backends = BACKENDS
        made.conf.update(
            task_acks_late=True,
            worker_prefetch_multiplier=1,
            worker_consumer="worker.celery_patches.consumer:Consumer",
        )
        yield made


@pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # Celery's
def test_a_task_whose_result_is_refused_runs_again(app: Celery, redis_client: redis.Redis) -> None:
    runs: list[int] = []

    @app.task(name="tasks.refused_at_first")
    def refused_at_first() -> int:
        runs.append(1)
        if len(runs) == 1:
            redis_client.config_set("min-replicas-to-write", 1)
        return len(runs)

    redis_client.config_resetstat()
    try:
        with start_worker(app, pool="threads", concurrency=1, perform_ping_check=False):
            sent: Any = refused_at_first.delay()
            wait_for(lambda: "errorstat_NOREPLICAS" in redis_client.info("errorstats"))
            redis_client.config_set("min-replicas-to-write", 0)
            assert sent.get(timeout=30) == 2
    finally:
        redis_client.config_set("min-replicas-to-write", 0)
