"""Redis is away, hangs or refuses: 503 within two seconds, and well again by itself."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import requests

from tests.support import api as serving
from tests.support import refusals
from tests.support.api import Api
from tests.support.examples import FIELDS
from tests.support.restartable_redis import RestartableRedis
from tests.support.workers import Server, wait_for

CALLS = (
    ("GET", "/releases"),
    ("GET", "/releases/nobody"),
    ("GET", "/waves"),
    ("GET", "/platform"),
    ("POST", "/releases"),
    ("POST", "/waves/w/cancel"),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    server = RestartableRedis(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def api(server: RestartableRedis, environment: dict[str, str], tmp_path: Path) -> Iterator[Api]:
    with serving.running({**environment, "MPRELEASE_REDIS__URL": server.url}, tmp_path) as api:
        yield api
        assert "Traceback" not in api.text()


def is_away(answer: requests.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Redis is away" in answer.json()["detail"]
    assert answer.headers["Retry-After"]
    assert answer.elapsed.total_seconds() < 2


def all_are_away(api: Api) -> None:
    for method, path in CALLS:
        is_away(api.ask(method, path, json=FIELDS if path == "/releases" and method == "POST" else None))
    is_away(api.ask("GET", "/healthz", scope=None))


def is_well(api: Api) -> bool:
    return api.ask("GET", "/healthz", scope=None).status_code == 200


def test_a_redis_that_is_gone_is_told_at_once_and_used_again_when_it_is_back(
    api: Api, server: RestartableRedis
) -> None:
    made = api.post("/releases", FIELDS, 201)
    server.stop()
    all_are_away(api)
    server.restart()
    wait_for(lambda: is_well(api))
    assert api.post("/releases", FIELDS)["release_id"] == made["release_id"]


@pytest.mark.long
def test_a_redis_that_hangs_holds_up_nobody_for_long_and_not_even_many(
    api: Api, server: RestartableRedis
) -> None:
    api.post("/releases", FIELDS, 201)
    pid = server.stand_still()
    try:
        all_are_away(api)
        with ThreadPoolExecutor(50) as pool:
            for answer in pool.map(lambda _: requests.get(f"{api.url}/healthz", timeout=10), range(50)):
                is_away(answer)
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: is_well(api))
    assert api.ask("POST", "/releases", json=FIELDS).status_code == 200


@pytest.mark.parametrize("refuse", [refusals.memory, refusals.replica, refusals.password])
def test_a_redis_that_refuses_to_write_is_no_bug(
    api: Api, server: RestartableRedis, refuse: Callable[[Server], AbstractContextManager[None]]
) -> None:
    with refuse(server):
        is_away(api.ask("POST", "/releases", json=FIELDS))
        is_away(api.ask("POST", "/platform/pause"))
    wait_for(lambda: api.ask("POST", "/releases", json=FIELDS).status_code in (200, 201))


def test_a_server_that_starts_before_redis_serves_when_redis_is_there(
    server: RestartableRedis, environment: dict[str, str], tmp_path: Path
) -> None:
    server.stop()
    with serving.running({**environment, "MPRELEASE_REDIS__URL": server.url}, tmp_path) as api:
        all_are_away(api)
        server.restart()
        wait_for(lambda: is_well(api))
        began = time.monotonic()
        assert api.post("/releases", FIELDS, 201)["created"]
        assert time.monotonic() - began < 10
