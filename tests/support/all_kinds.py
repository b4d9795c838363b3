"""A run to be ended in the middle, by tests/e2e/test_ended_run.py: it has started one of each kind of process."""

import os
import signal
from pathlib import Path

from tests.support import leftovers
from tests.support.flower import running
from tests.support.workers import platform


def test_everything_runs(tmp_path: Path) -> None:
    prefork = {"MPRELEASE_WORKER__POOL": "prefork", "MPRELEASE_WORKER__CONCURRENCY": "2"}
    with platform(tmp_path) as made, made.worker(**prefork), running(tmp_path, made.redis_url):
        ready = Path(os.environ["READY"])
        ready.with_suffix(".new").write_text(os.environ[leftovers.VARIABLE])
        ready.with_suffix(".new").rename(ready)
        signal.pause()
