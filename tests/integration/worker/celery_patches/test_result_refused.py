"""A result that Redis refuses for now: its message comes again, and whoever waits for it hears of it then."""

from __future__ import annotations

import subprocess
import sys

import pytest
import redis

from tests.integration.worker.celery_patches import refused_result
from tests.support.workers import ROOT


@pytest.mark.long
def test_a_task_whose_result_is_refused_runs_again(redis_url: str, redis_client: redis.Redis) -> None:
    try:
        ended = subprocess.run(
            [sys.executable, "-m", refused_result.__name__, redis_url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    finally:
        redis_client.config_set("min-replicas-to-write", 0)
    assert ended.returncode == 0, ended.stderr
