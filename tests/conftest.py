from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import pytest
import redis
from structlog.contextvars import clear_contextvars

from cli.demo.redis import embedded_redis
from tests.support import leftovers


def pytest_configure(config: pytest.Config) -> None:
    """What this run starts ends with it, also when it is ended by SIGTERM; the processes of xdist are part of a run."""
    watching = None if hasattr(config, "workerinput") else leftovers.watch()
    if watching is not None:
        config.add_cleanup(partial(leftovers.end, watching))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis server, one for each pytest process."""
    with embedded_redis() as url:
        yield url


@pytest.fixture
def redis_client(redis_url: str) -> Iterator[redis.Redis]:
    """A client of that server."""
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture(autouse=True)
def no_records_of_another_test(request: pytest.FixtureRequest) -> None:
    """Whoever has the server, directly or by another fixture, finds its database empty."""
    if "redis_url" in request.fixturenames:
        with redis.Redis.from_url(request.getfixturevalue("redis_url")) as client:
            client.flushdb()


@pytest.fixture(autouse=True)
def no_context_of_another_test() -> None:
    """What a step that runs here binds to the log's context stays there: only a worker's task takes it away."""
    clear_contextvars()


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own MPRELEASE_…, and the language of the terminal, must not decide how a test ends."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in os.environ:
        if name.upper().startswith("MPRELEASE_"):
            monkeypatch.delenv(name)
