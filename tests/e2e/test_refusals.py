"""Redis refuses for some seconds, in each way it can: the same worker waits, and goes on with all its slots."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from tests.support import workers
from tests.support.refusals import WAYS, Way, memory, password
from tests.support.restartable_redis import RestartableRedis, restartable_redis
from tests.support.workers import APPSECRET, PATIENT, PLATFORM_APPID, Platform, Worker, wait_for

RELEASES = 20
CONCURRENCY = 4
REFUSED_S = 3.0
#: A worker takes messages again within so many seconds of Redis being well.
WELL_WITHIN_S = 15.0
CREDENTIALS = {"MPRELEASE_PLATFORM__APPID": PLATFORM_APPID, "MPRELEASE_PLATFORM__APPSECRET": APPSECRET}

#: It stands for the others with every `make test`: writes are refused, and the connections are lost as well.
SHORT = (password,)
each_way = pytest.mark.parametrize(
    "way",
    [pytest.param(way, marks=() if way in SHORT else pytest.mark.long, id=way.__name__) for way in WAYS],
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RestartableRedis]:
    with restartable_redis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def platform(tmp_path: Path, server: RestartableRedis) -> Iterator[Platform]:
    with workers.platform(tmp_path, "--scan-s", "0", "--latency-ms", "30", server=server) as platform:
        yield platform


@contextmanager
def a_worker(platform: Platform, **settings: str) -> Iterator[Worker]:
    """One that is the same process at the end of the block, with no message in hand."""
    with platform.worker("--concurrency", str(CONCURRENCY), **settings) as worker:
        yield worker
        assert worker.process.poll() is None
        with platform.redis() as client:
            wait_for(lambda: not client.hlen("unacked") and not client.llen("releases"))


def all_slots_are_free(platform: Platform) -> None:
    """So many steps at once as there are slots begin within the time."""
    appids = platform.mini_programs(CONCURRENCY)
    for appid in appids:
        platform.hold(appid, "commit")
    platform.enqueue_only(*map(platform.request, appids))
    wait_for(lambda: all(platform.calls(appid, "commit") for appid in appids), WELL_WITHIN_S)
    platform.let_go()
    all_submitted(platform, appids)


def all_submitted(platform: Platform, appids: list[str]) -> None:
    wait_for(partial(_are_submitted, platform, len(platform.releases())), 40)
    for appid in appids:
        state = platform.mini(appid)
        assert len(state["audits"]) == 1
        assert state["submitted_after_applied"] == 0


def _are_submitted(platform: Platform, number: int) -> bool:
    with platform.redis() as client:
        return int(client.zcard("releases:status:submitted")) == number


def result_of(platform: Platform, release: dict[str, Any]) -> Any:
    with platform.redis() as client:
        return client.get(f"celery-task-meta-{release['id']}")


@each_way
def test_a_wave_goes_on(platform: Platform, server: RestartableRedis, way: Way) -> None:
    appids = platform.mini_programs(RELEASES)
    with a_worker(platform, **PATIENT) as worker:
        enqueued = platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: platform.calls(appids[0]) and platform.sim("GET", "state")["totals"])
        with way(server):
            time.sleep(REFUSED_S)
        all_submitted(platform, appids)
        all_slots_are_free(platform)
        assert all(result_of(platform, release) for release in enqueued)
        assert worker.text().count("refuses") <= 3


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_an_idle_worker_goes_on(platform: Platform, server: RestartableRedis, way: Way) -> None:
    with a_worker(platform, **PATIENT):
        with way(server):
            time.sleep(REFUSED_S)
        all_slots_are_free(platform)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_steps_that_end_meanwhile_are_acknowledged_afterwards(
    platform: Platform, server: RestartableRedis, way: Way
) -> None:
    appids = platform.mini_programs(CONCURRENCY)
    for appid in appids:
        platform.hold(appid, "submit_audit")
    with a_worker(platform, **PATIENT):
        enqueued = platform.enqueue_only(*map(platform.request, appids))
        wait_for(lambda: all(platform.calls(appid, "submit_audit") for appid in appids))
        with way(server):
            platform.let_go()
            time.sleep(REFUSED_S)
        all_submitted(platform, appids)
        wait_for(lambda: all(result_of(platform, release) for release in enqueued), WELL_WITHIN_S)
        all_slots_are_free(platform)


@pytest.mark.long
def test_a_message_that_was_taken_and_could_not_be_noted_is_not_lost(
    platform: Platform, server: RestartableRedis
) -> None:
    with a_worker(platform) as worker, Celery(broker=server.url, set_as_current=False) as client:
        worker.process.send_signal(signal.SIGSTOP)
        request = platform.request(platform.mini_program())
        sent = client.send_task("tasks.start_release", kwargs=request, queue="releases")
        with memory(server):
            # Redis has handed it to the worker, who reads it now and can't note it.
            worker.process.send_signal(signal.SIGCONT)
            time.sleep(REFUSED_S)
        wait_for(lambda: result_of(platform, {"id": sent.id}), WELL_WITHIN_S)
        assert len(platform.releases()) == 1


def test_the_first_steps_leave_no_results(platform: Platform) -> None:
    with a_worker(platform):
        done = platform.release(platform.mini_program())
        blocked = platform.mini_program()
        platform.fault(blocked, "commit", "errcode", errcode=85014)
        failed = platform.release(blocked, code=1)
        with platform.redis() as client:
            stored = set(client.scan_iter("celery-task-meta-*"))
    assert stored == {f"celery-task-meta-{one['id']}" for one in (done, failed)}


def test_the_workers_say_that_the_records_are_gone(platform: Platform) -> None:
    with a_worker(platform) as worker, platform.redis() as client:
        wait_for(lambda: client.exists("releases:mark"))
        time.sleep(1)
        client.flushall()
        wait_for(lambda: "the records are gone: Redis was flushed" in worker.text())
        assert "nil" not in worker.text()


@pytest.mark.long
def test_the_doctor_names_a_worker_that_takes_no_messages(platform: Platform) -> None:
    with a_worker(platform):
        assert "takes no messages" not in platform.run("doctor", code=None).stdout
        with Celery(broker=platform.redis_url) as asking:
            asking.control.cancel_consumer("releases")
        told = wait_for(
            lambda: next(
                (line for line in platform.run("doctor", code=1).stdout.splitlines() if "takes no" in line),
                "",
            )
        )
        assert "does not consume from releases; restart it" in told


def test_a_refused_command_is_named(platform: Platform, server: RestartableRedis) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.acl_setuser("narrow", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-zrange"])
    platform.run(
        "list"
    )  # the keys have their layout now; of what a script is refused, Redis 6.2 does not name the command
    url = server.url.replace("redis://", "redis://narrow:any@")
    refused = platform.run("list", code=3, MPRELEASE_REDIS__URL=url).stderr
    assert "'zrange'" in refused
    assert "docs/redis-users.md" in refused


def test_a_login_that_is_not_accepted_is_a_setting(platform: Platform, server: RestartableRedis) -> None:
    url = server.url.replace("redis://", "redis://nobody:any@")
    refused = platform.run("list", code=2, MPRELEASE_REDIS__URL=url).stderr
    assert "check user and password in MPRELEASE_REDIS__URL" in refused


@pytest.mark.long
def test_a_cluster_is_not_supported(tmp_path: Path) -> None:
    options = ("--cluster-enabled", "yes", "--cluster-config-file", str(tmp_path / "nodes.conf"))
    with restartable_redis(tmp_path / "redis", *options) as server:
        for command in (("list",), ("doctor",), ("worker",)):
            ended = subprocess.run(
                [sys.executable, "-m", "worker", *command],
                env={**os.environ, **CREDENTIALS, "MPRELEASE_REDIS__URL": server.url},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ended.returncode in (1, 2)
            assert "Redis Cluster is not supported" in ended.stdout + ended.stderr
            assert "Traceback" not in ended.stdout + ended.stderr
