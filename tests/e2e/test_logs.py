"""The log of a real worker, as whatever collects it reads it: each line is one JSON object."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from releases.waves.audit_quota import AuditQuotas
from tests.support import workers
from tests.support.workers import PATIENCE_S, Platform, wait_for
from wechat.mini_program import AuditQuota

#: What every line has.
OF_ANY_LINE = {"timestamp", "level", "logger", "event"}
CELERY = [sys.executable, "-m", "celery", "-A", "worker", "worker"]


def lines(text: str) -> list[dict[str, Any]]:
    """The lines of a log, each of which has to be a JSON object."""
    found = [json.loads(line) for line in text.splitlines()]
    assert all(line.keys() >= OF_ANY_LINE for line in found)
    return found


@dataclass(frozen=True)
class Wave:
    """A wave of releases that ran at once, some of them with faults, and what its worker logged at debug level."""

    platform: Platform
    releases: list[dict[str, Any]]
    logged: list[dict[str, Any]]


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wave]:
    with workers.platform(tmp_path_factory.mktemp("platform")) as platform:
        appids = [platform.mini_program() for _ in range(8)]
        with platform.redis() as client:
            # So that the command which enqueues has nothing to ask: all of WeChat's calls are the worker's.
            AuditQuotas(client, ask=lambda _: AuditQuota(100, 100), newest_appids=list).ask(appids)
        platform.fault(appids[0], "commit", "cut_after")
        platform.fault(appids[1], "modify_domain", "errcode", errcode=85018, action="add")
        platform.fault(appids[2], "submit_audit", "errcode", errcode=-1, times=2)
        platform.fault(appids[3], "commit", "html")
        # Two threads that are used again and again.
        with platform.worker("--loglevel", "debug", MPRELEASE_WORKER__CONCURRENCY="2") as worker:
            waves = [f"wave of {appid}" for appid in appids[:-3]] + [None] * 3
            requests = [platform.request(appid, wave=of) for appid, of in zip(appids, waves, strict=True)]
            releases = platform.enqueue(*requests, code=1)
            worker.process.terminate()
            assert worker.process.wait(60) == 0
        yield Wave(platform, releases, lines(worker.text()))


def test_every_line_of_a_step_says_whose_it_is_and_none_is_another_s(wave: Wave) -> None:
    known = {release["id"]: (release["appid"], release["wave"]) for release in wave.releases}
    of_steps = [line for line in wave.logged if "step" in line]
    for line in of_steps:
        appid, of_wave = known[line["release_id"]]
        assert line["appid"] == appid, line
        # What Redis' client says while the record is being read comes before the wave is known.
        assert line.get("wave") == of_wave or line["logger"].startswith("redis."), line
        # A line of Celery's says itself whose it is, and so does the token's refresh.
        if "task_id" in line:
            assert line["task_id"].partition(":")[0] == line["release_id"], line
            assert line["task_name"] == f"tasks.{line['step']}", line
        if line["event"].startswith("token of wx"):
            assert appid in line["event"], line
    assert {line["release_id"] for line in of_steps} == known.keys()
    assert {line["step"] for line in of_steps} == {"ensure_domains", "commit_code", "submit_audit"}


def test_libraries_that_know_nothing_of_releases_say_whose_their_lines_are(wave: Wave) -> None:
    of_steps = {line["logger"] for line in wave.logged if "step" in line}
    of_nobody = {line["logger"] for line in wave.logged if not line.keys() & {"release_id", "appid", "wave"}}
    of_tasks_alone = {
        "wechat.http.transport",
        "wechat.tokens.single_flight",
        "urllib3.connectionpool",
        "celery.app.trace",
    }
    assert of_tasks_alone <= of_steps
    assert not of_tasks_alone & of_nobody
    assert {"celery.worker.strategy", "celery.apps.worker"} <= of_nobody


def test_each_call_that_wechat_got_is_one_event(wave: Wave) -> None:
    calls = [line for line in wave.logged if line["event"] == "wechat call"]
    counted = Counter(call["endpoint"] for call in wave.platform.sim("GET", "calls")["calls"])
    assert Counter(call["endpoint"].rpartition("/")[2] for call in calls) == counted
    for call in calls:
        assert 0 <= call["ms"] < PATIENCE_S * 1000
        assert ("errcode" in call) != ("problem" in call), call
        assert ("errcode" not in call) or call["status"] == 200
    refused = {call["errcode"]: call for call in calls if call.get("errcode")}
    assert {85018, -1} <= refused.keys()
    assert all(call["rid"] for call in refused.values())
    problems = {call["problem"]: call for call in calls if "problem" in call}
    assert "the connection failed or was cut" in problems
    assert any(call.get("status") for call in problems.values())


def test_a_task_by_name_says_whose_lines_it_writes(own_platform: Platform) -> None:
    platform = own_platform
    with platform.worker(MPRELEASE_WORKER__CONCURRENCY="1") as worker:
        # Its steps run before, on the same thread.
        [created] = platform.enqueue(platform.request(platform.mini_program(), wave="w1"))
        script = (
            "from celery import Celery; import os, sys; "
            "app = Celery(broker=os.environ['URL'], backend=os.environ['URL']); "
            "app.send_task('tasks.get_release', kwargs={'release_id': sys.argv[1]}, queue='releases').get(timeout=30)"
        )
        environment = {**os.environ, "URL": platform.redis_url}
        subprocess.run([sys.executable, "-c", script, created["id"]], env=environment, timeout=60, check=True)
    told = [
        line
        for line in lines(worker.text())
        if line.get("task_name") == "tasks.get_release" and line["logger"] == "celery.app.trace"
    ]
    assert len(told) == 1
    assert (told[0]["release_id"], told[0]["appid"], told[0]["wave"]) == (
        created["id"],
        created["appid"],
        "w1",
    )
    assert "step" not in told[0]


@pytest.mark.parametrize(
    ("command", "pool"),
    [
        pytest.param((), "prefork", id="prefork", marks=pytest.mark.long),
        pytest.param(CELERY, "solo", id="celery, solo", marks=pytest.mark.long),
    ],
)
def test_nothing_but_json_comes_out_of_a_worker_from_its_start_to_its_end(
    own_platform: Platform, command: list[str], pool: str
) -> None:
    with own_platform.worker(
        "--loglevel", "info", command=command, MPRELEASE_WORKER__POOL=pool, MPRELEASE_LOG__FORMAT="json"
    ) as worker:
        own_platform.release(own_platform.mini_program())
        worker.process.send_signal(signal.SIGUSR1)  # it shows where each thread is
        wait_for(lambda: "Thread" in worker.text())
        worker.process.terminate()
        assert worker.process.wait(60) == 0
    logged = lines(worker.text())
    assert any(line["event"] == "wechat call" for line in logged)
    assert any("Warm shutdown" in line["event"] for line in logged)
    assert "debug" not in {line["level"] for line in logged}


def a_workers_first_lines(platform: Platform, log: Path, **environment: str) -> str:
    """What a worker writes to a terminal until it is ready."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", "worker"],
        env={**platform.environment, **environment},
        cwd=log,
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    written = b""
    try:
        while b" ready." not in written:
            part = os.read(ours, 65536)
            assert part, written
            written += part
    finally:
        process.terminate()
        process.wait(60)
        os.close(ours)
    return written.decode()


@pytest.mark.long
def test_a_terminal_gets_readable_lines_unless_json_is_asked_for(
    own_platform: Platform, tmp_path: Path
) -> None:
    readable = a_workers_first_lines(own_platform, tmp_path)
    assert "\x1b[" in readable
    assert '"event"' not in readable
    assert "\x1b[" not in a_workers_first_lines(own_platform, tmp_path, NO_COLOR="1")
    asked_for = a_workers_first_lines(own_platform, tmp_path, MPRELEASE_LOG__FORMAT="json")
    assert lines(asked_for.replace("\r\n", "\n"))


def test_text_that_goes_to_no_terminal_has_no_colours(own_platform: Platform) -> None:
    with own_platform.worker(MPRELEASE_LOG__FORMAT="text") as worker:
        own_platform.release(own_platform.mini_program())
    assert "\x1b" not in worker.text()
    assert " wechat call " in worker.text()
    assert "endpoint=/wxa/commit" in worker.text()
