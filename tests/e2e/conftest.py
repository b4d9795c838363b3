"""One platform and one worker for the tests that do not break them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import watched as watching
from tests.support import workers


@pytest.fixture(scope="session")
def platform_without_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[workers.Platform]:
    with workers.platform(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest.fixture(scope="session")
def shared_worker(platform_without_worker: workers.Platform) -> Iterator[workers.Worker]:
    with platform_without_worker.worker("--loglevel", "debug") as worker:
        yield worker


@pytest.fixture
def platform(platform_without_worker: workers.Platform, shared_worker: workers.Worker) -> workers.Platform:
    return platform_without_worker


@pytest.fixture
def own_platform(tmp_path: Path) -> Iterator[workers.Platform]:
    with workers.platform(tmp_path) as platform:
        yield platform


@pytest.fixture(scope="session")
def watched_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[watching.Watched]:
    """A platform with Flower and the exporter beside it, and some releases of every kind."""
    with (
        workers.platform(tmp_path_factory.mktemp("watched")) as platform,
        watching.watched(platform) as world,
    ):
        yield world
