"""Without Redis nothing is `success`, and every answer comes in time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
import requests

from tests.support import receivers
from tests.support.receivers import Receiver
from tests.support.restartable_redis import RestartableRedis, restartable_redis
from tests.support.workers import wait_for

APPID = "wx0123456789abcdef"
TICKET = "ticket@@@of-this-test"
#: WeChat waits for five seconds; the answer has to be there long before.
AT_MOST_S = 2.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    with restartable_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def receiver(server: RestartableRedis, tmp_path: Path) -> Iterator[Receiver]:
    with receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": server.url}) as receiver:
        yield receiver


def pushed_s(receiver: Receiver) -> tuple[int, float]:
    """The status of one push, and how long its answer took."""
    began = time.monotonic()
    answer = receiver.push("component_verify_ticket", ComponentVerifyTicket=TICKET)
    return answer.status_code, time.monotonic() - began


def test_a_redis_that_is_gone_is_told_with_503_and_success_comes_back_with_it(
    receiver: Receiver, server: RestartableRedis
) -> None:
    assert pushed_s(receiver)[0] == 200
    server.stop()
    for _ in range(3):
        status, seconds = pushed_s(receiver)
        assert (status, seconds < AT_MOST_S) == (503, True)
    assert receiver.session.get(f"{receiver.url}/healthz", timeout=10).status_code == 503
    server.restart()
    assert pushed_s(receiver)[0] == 200
    assert receiver.session.get(f"{receiver.url}/healthz", timeout=10).status_code == 200
    assert "Traceback" not in receiver.text()
    assert TICKET not in receiver.text()


def test_a_redis_that_hangs_holds_no_answer_up_however_many_there_are(
    receiver: Receiver, server: RestartableRedis
) -> None:
    assert pushed_s(receiver)[0] == 200
    pid = server.stand_still()
    try:
        # So many that those who wait for a thread would be answered after five seconds.
        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda _: pushed_s(receiver), range(200)))
    finally:
        os.kill(pid, signal.SIGCONT)
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < AT_MOST_S + 1, "also beside 199 others on two cores"
    assert pushed_s(receiver)[0] == 200


def test_a_redis_that_refuses_to_write_is_told_with_503(receiver: Receiver, server: RestartableRedis) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
        assert pushed_s(receiver)[0] == 503
        client.config_set("maxmemory", 0)
    assert pushed_s(receiver)[0] == 200


def test_it_starts_without_redis_and_serves_when_it_is_there(tmp_path: Path) -> None:
    with restartable_redis(tmp_path / "redis") as server:
        server.stop()
        with receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": server.url}) as receiver:
            assert pushed_s(receiver)[0] == 503
            server.restart()
            assert pushed_s(receiver)[0] == 200


@pytest.mark.usefixtures("redis_client")
def test_it_stops_at_once_and_well(tmp_path: Path, redis_url: str) -> None:
    with receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": redis_url}) as receiver:
        receiver.push("unauthorized", APPID)
        receiver.process.terminate()
        assert receiver.process.wait(10) == 0
    assert "Traceback" not in receiver.text()


def test_a_receiver_that_is_killed_after_it_has_stored_and_before_it_answers_loses_nothing(
    receiver: Receiver, server: RestartableRedis, tmp_path: Path
) -> None:
    """Redis stands still while the write is on its way to it: it is stored, and nobody hears of it."""
    with redis.Redis.from_url(server.url, decode_responses=True) as client, ThreadPoolExecutor(1) as pool:
        # Redis' time is known from now on, so that only the write is left.
        assert receiver.push("debug_demo", APPID).status_code == 200
        pid = server.stand_still()
        answer = pool.submit(receiver.push, "unauthorized", APPID)
        wait_for(lambda: bytes_waiting(server))
        receiver.process.kill()
        receiver.process.wait(10)
        os.kill(pid, signal.SIGCONT)
        assert isinstance(answer.exception(10), requests.ConnectionError), "WeChat pushes again"
        wait_for(lambda: client.zcard("pushed:unauthorized") == 1)
        with receivers.receiver(tmp_path, {"MPRELEASE_REDIS__URL": server.url}) as again:
            assert again.push("unauthorized", APPID).text == "success"
        assert client.zrange("pushed:unauthorized", 0, -1) == [APPID]


def bytes_waiting(server: RestartableRedis) -> int:
    """Bytes that have come to the server and that it has not read (proc(5): net/tcp)."""
    port = f":{int(server.url.rpartition(':')[2].partition('/')[0]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(port) and row[3] == "01")
