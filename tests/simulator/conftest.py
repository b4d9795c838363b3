from collections.abc import Iterator

import pytest

from tests.simulator.client import Client
from tests.simulator.process import running


@pytest.fixture(scope="session")
def simulator_url() -> Iterator[str]:
    with running() as (_, url):
        yield url


@pytest.fixture
def wechat(simulator_url: str) -> Iterator[Client]:
    client = Client(simulator_url)
    with client.session:
        client.sim("POST", "reset")
        yield client
