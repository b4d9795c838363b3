"""docs/api.md and docs/examples as they are: what is typed there works."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.structure.files import ROOT, text
from tests.support import api as serving
from tests.support.api import KEYS, Api
from tests.support.workers import Platform

pytestmark = pytest.mark.long

CURLS = [
    block
    for block in re.findall(r"```sh\n(.*?)```", text("docs/api.md"), re.DOTALL)
    if block.startswith("curl")
]
NODE = shutil.which("node")


@pytest.fixture
def api(platform: Platform) -> Iterator[Api]:
    with serving.running(platform.environment, platform.directory) as api:
        yield api


def run(api: Api, *command: str) -> "subprocess.CompletedProcess[str]":
    names = {"API": api.base, "KEY": KEYS["operate"]}
    known = {**names, **{f"MPRELEASE_{name}": value for name, value in names.items()}}
    return subprocess.run(
        command, env={**os.environ, **known}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_what_the_page_types_with_curl_works_in_its_order(platform: Platform, api: Api) -> None:
    assert len(CURLS) >= 5
    told = [run(api, "sh", "-c", block) for block in CURLS]
    assert [(one.returncode, one.stdout if one.returncode else "") for one in told] == [(0, "")] * len(told)
    started, listed, wave, stands, planned, cancelled = (json.loads(one.stdout) for one in told)
    assert started["release"]["appid"] == "wx0123456789abcdef"
    assert "releases" in listed
    assert len(wave["releases"]) == 2
    assert stands["wave"] == planned["wave"] == cancelled["wave"] == "spring"


PROGRAMS = [
    pytest.param((sys.executable, "release.py"), id="python"),
    pytest.param(
        (str(NODE), "release.mjs"),
        id="node",
        marks=pytest.mark.skipif(NODE is None, reason="there is no Node"),
    ),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_page_releases_and_says_how_it_ended(
    platform: Platform, api: Api, program: tuple[str, str]
) -> None:
    interpreter, name = program
    appid, blocked = platform.mini_program(), platform.mini_program()
    command = (interpreter, str(ROOT / "docs" / "examples" / name))
    ended = run(api, *command, appid, "1", "1.0.0")
    assert ended.returncode == 0, ended.stderr
    (audit,) = platform.mini(appid)["audits"]
    assert ended.stdout.split() == ["submitted", str(audit["auditid"])]
    platform.fault(blocked, "commit", "errcode", errcode=85014)
    ended = run(api, *command, blocked, "1", "1.0.0")
    assert (ended.returncode, ended.stdout.split()[0]) == (1, "blocked")
    ended = run(api, *command, "nonsense", "1", "1.0.0")
    assert ended.returncode == 1
    assert "422: appid" in ended.stderr
