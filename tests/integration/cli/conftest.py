from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import redis

from tests.support import forks

#: Runs a command of ours on the tests' Redis; `code` is the exit code it has to end with.
Command = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def environment(redis_url: str, redis_client: redis.Redis) -> dict[str, str]:
    """Of commands that need nothing but Redis."""
    return {**os.environ, "MPRELEASE_REDIS__URL": redis_url, "TZ": "Asia/Shanghai"}


@pytest.fixture
def command(environment: dict[str, str], tmp_path: Path) -> Command:
    def run(*arguments: str, code: int = 0, typed: str = "", **different: str) -> CompletedProcess[str]:
        ended = forks.run(
            arguments,
            environment={**environment, **different},
            directory=tmp_path,
            typed=typed,
            timeout_s=60,
        )
        assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
        return ended

    return run
