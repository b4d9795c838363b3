import os
from collections.abc import Iterator

import pytest
import redis

from db.database import Database
from releases.store.records import ReleaseStore
from tests.support import api as serving
from tests.support.api import KEYS, Api
from tests.support.workers import ROOT


@pytest.fixture(scope="module")
def environment(redis_url: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MPRELEASE_")}
    return {**ours, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "MPRELEASE_REDIS__URL": redis_url}


@pytest.fixture(scope="module")
def running(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving.running(environment, tmp_path_factory.mktemp("web")) as api:
        yield api
        assert not [key for key in KEYS.values() if key in api.text()]


@pytest.fixture
def api(running: Api, redis_client: redis.Redis) -> Api:
    """A server that runs, on an empty database."""
    return running


@pytest.fixture
def store(redis_client: redis.Redis) -> ReleaseStore:
    return ReleaseStore(Database(redis_client))
