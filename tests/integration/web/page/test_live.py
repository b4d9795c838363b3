"""Screens that renew themselves: one reading of Redis for all who look, and streams that end when they have to."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import redis

from db.database import Database
from releases.store.records import ReleaseStore
from tests.integration.web.page.conftest import LETS_IN, Browser, browser_of
from tests.support import api as serving
from tests.support.api import Api
from tests.support.events import viewer
from tests.support.examples import a_release, a_request
from tests.support.records import created
from tests.support.restartable_redis import RestartableRedis
from tests.support.workers import wait_for
from web.page.live import MOST_OF_ONE

#: `make test` has to be quick.
pytestmark = pytest.mark.long

ONE = "/live?screen=wave&name=spring"


def a_new_one(store: ReleaseStore, number: int, wave: str = "spring") -> None:
    created(store, a_release(a_request(appid=f"wx{number:016d}", wave=wave)))


def one_of_many(page: Api, number: int) -> Browser:
    """Nobody watches more than a few screens."""
    return Browser(page.url, f"reader-{number // MOST_OF_ONE}")


def test_a_change_comes_to_all_who_look_and_nothing_else_does(
    reader: Browser, operator: Browser, store: ReleaseStore
) -> None:
    a_new_one(store, 1)
    with viewer(reader.session, reader.url + ONE) as one, viewer(operator.session, operator.url + ONE) as two:
        one.until("note", "")
        two.until("standing", "<dd>1</dd>")
        a_new_one(store, 2)
        two.until("standing", "<dd>2</dd>")
        came = list(takewhile(lambda event: "<dd>2</dd>" not in event[1], one.events()))
        assert {name for name, _ in came} <= {"standing"}


@pytest.mark.long
def test_the_screen_of_all_waves_and_another_language_are_renewed_as_well(
    page: Api, reader: Browser, store: ReleaseStore
) -> None:
    chinese = browser_of(page, "read", "zh-CN")
    with (
        viewer(reader.session, f"{page.url}/live?screen=waves") as one,
        viewer(chinese.session, f"{page.url}/live?screen=waves") as two,
    ):
        one.until("waves", "mprelease enqueue")
        two.until("waves", "mprelease enqueue")
        a_new_one(store, 1)
        one.until("waves", "spring")
        two.until("waves", "spring")


def test_a_wave_that_is_not_there_is_not_watched(reader: Browser) -> None:
    reader.open("/live?screen=wave&name=nobody", 404)


def test_a_wave_that_is_not_there_any_more_is_noted(
    reader: Browser, store: ReleaseStore, redis_client: redis.Redis
) -> None:
    a_new_one(store, 1)
    with viewer(reader.session, reader.url + ONE) as one:
        one.until("standing", "<dd>1</dd>")
        redis_client.flushdb()
        one.until("note", "No release belongs to this wave")


def test_one_person_watches_a_few_screens_and_others_theirs(
    reader: Browser, operator: Browser, store: ReleaseStore
) -> None:
    a_new_one(store, 1)
    with ExitStack() as stack:
        for _ in range(MOST_OF_ONE):
            stack.enter_context(viewer(reader.session, reader.url + ONE))
        assert "reader watches 10 screens" in reader.open(ONE, 429)
        reader.open("/wave?name=spring")
        stack.enter_context(viewer(operator.session, operator.url + ONE))
    wait_for(lambda: answers(reader, ONE))


def test_a_stranger_watches_nothing(page: Api) -> None:
    answer = Browser(page.url, None).session.get(page.url + ONE, allow_redirects=False, timeout=30)
    assert answer.status_code == 303


def test_more_screens_than_one_process_renews_are_refused(
    page: Api, reader: Browser, store: ReleaseStore
) -> None:
    a_new_one(store, 50, "one-more")
    with ExitStack() as stack:
        for number in range(50):
            a_new_one(store, number, f"w{number}")
            address = f"{page.url}/live?screen=wave&name=w{number}"
            stack.enter_context(viewer(one_of_many(page, number).session, address))
        reader.open("/live?screen=wave&name=one-more", 503)
        stack.enter_context(viewer(reader.session, f"{reader.url}/live?screen=wave&name=w1"))
    wait_for(lambda: answers(reader, "/live?screen=wave&name=one-more"))


def answers(browser: Browser, path: str) -> bool:
    """Whether a stream begins there."""
    with browser.session.get(browser.url + path, stream=True, timeout=30) as answer:
        return answer.status_code == 200


@pytest.mark.long
def test_many_viewers_are_one_reading(page: Api, store: ReleaseStore, redis_client: redis.Redis) -> None:
    a_new_one(store, 1)

    def reads() -> int:
        stats: Any = redis_client.info("commandstats")
        return int(stats["cmdstat_hgetall"]["calls"])

    def reads_a_second(viewers: int) -> float:
        with ExitStack() as stack:
            streams = [
                stack.enter_context(viewer(one_of_many(page, number).session, page.url + ONE))
                for number in range(viewers)
            ]
            for stream in streams:
                stream.until("standing", "<dd>")
            before, began = reads(), time.monotonic()
            wait_for(lambda: reads() - before >= 8)
            return 8 / (time.monotonic() - began)

    assert reads_a_second(40) < 2 * reads_a_second(1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    server = RestartableRedis(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def own(server: RestartableRedis, environment: dict[str, str], tmp_path: Path) -> Iterator[Api]:
    ours = {**environment, **LETS_IN, "MPRELEASE_REDIS__URL": server.url}
    with serving.running(ours, tmp_path) as api:
        yield api
        assert "Traceback" not in api.text()


@pytest.fixture
def filled(server: RestartableRedis) -> Iterator[ReleaseStore]:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        store = ReleaseStore(Database(client))
        a_new_one(store, 1)
        yield store


@pytest.mark.long
def test_a_redis_that_is_away_is_noted_and_the_stream_goes_on_when_it_is_back(
    own: Api, server: RestartableRedis, filled: ReleaseStore
) -> None:
    with viewer(browser_of(own, "read").session, own.url + ONE) as one:
        one.until("standing", "<dd>1</dd>")
        server.stop()
        one.until("note", "Redis does not answer")
        server.restart()
        assert one.until("note", "") == ""
        a_new_one(filled, 2)
        one.until("standing", "<dd>2</dd>")


@pytest.mark.long
def test_streams_end_when_the_process_is_stopped(own: Api, filled: ReleaseStore) -> None:
    with viewer(browser_of(own, "read").session, own.url + ONE) as one:
        one.until("standing", "<dd>1</dd>")
        began = time.monotonic()
        own.process.send_signal(signal.SIGTERM)
        assert [name for name, _ in one.events() if name == "standing"] == []
        assert own.process.wait(30) == 0
        assert time.monotonic() - began < 5
    assert "timeout graceful shutdown exceeded" not in own.text()
