import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import work
from tests.support.workers import DOMAINS, ROOT, Platform, platform

pytestmark = pytest.mark.long

CONTESTANTS = ("floor", "ours-threads-1", "bare-celery-threads")
#: Calls that belong to no step: for a token, and of the worker that looks after the platform's audit quota, at any time.
BESIDE = ("api_authorizer_token", "queryquota")


def test_the_contestants_work_is_what_our_own_steps_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with platform(tmp_path, "--scan-s", "0") as made, made.worker():
        monkeypatch.setenv(work.WECHAT_URL, made.wechat_url)
        ours, other = (made.mini_program(domains=DOMAINS) for _ in range(2))
        made.release(ours)
        token = made.sim("POST", "tokens/issue", {"appids": [other]})[other]
        for step in work.STEPS:
            work.call(step, other, token)
        assert sent(made, other) == [(step, body, 0) for step, body, _ in sent(made, ours)]


def ran(*arguments: str, timeout_s: float = 110) -> "subprocess.CompletedProcess[str]":
    """Run one of the benchmarks to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def sent(made: Platform, appid: str) -> list[tuple[str, str, int]]:
    """The calls in their order, with what they sent and the errcode; the appids are alike for that."""
    calls = [call for call in made.calls(appid) if call["endpoint"] not in BESIDE]
    return [
        (call["endpoint"], json.dumps(call["body"], sort_keys=True).replace(appid, "APPID"), call["errcode"])
        for call in calls
    ]


def test_the_api_under_load_loses_no_release_and_starts_none_twice() -> None:
    ended = ran("benchmarks.api", "--requests", "1000", "--seconds", "3")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1300 releases listed" in ended.stdout


def test_a_wave_with_every_trouble_gets_live_and_nothing_is_published_that_was_not_ordered() -> None:
    ended = ran("benchmarks.publications", "--releases", "300", timeout_s=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "all as it should be" in ended.stdout


def test_a_short_round_of_some_prints_their_row() -> None:
    ended = ran("benchmarks", "--quick", "--only", *CONTESTANTS)
    assert ended.returncode == 0, ended.stderr
    assert [line.partition(" at ")[0].rpartition(" ")[2] for line in ended.stderr.splitlines()] == [
        name for name in CONTESTANTS for _ in range(3)
    ]
    assert "at least 0.90 of the throughput of bare Celery" in ended.stdout


def test_how_long_commands_take_is_printed_with_their_bounds() -> None:
    ended = ran("benchmarks.starting", "--rounds", "1")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = re.findall(r"^mprelease (\S+).* \d\.\d\d s \(bound (0\.\d\d) s\)", ended.stdout, re.MULTILINE)
    assert told == [("--version", "0.25"), ("--help", "0.25"), ("errcodes", "0.25"), ("show", "0.40")]
