"""Which Python a target of the Makefile runs on, and which packages it installs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.structure.files import ROOT, text


def python(directory: Path, version: str) -> Path:
    """What calls itself a Python of this version."""
    path = directory / f"python{version}"
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def commands(directory: Path, *arguments: str) -> str:
    """What make would run in a checkout that lies there."""
    if shutil.which("make") is None:
        pytest.skip("there is no make")
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, directory)
    ended = subprocess.run(
        ["make", "--dry-run", *arguments], cwd=directory, capture_output=True, text=True, check=True
    )
    return ended.stdout


def test_another_python_gets_a_virtualenv_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".venv/lib/python3.11").mkdir(parents=True)
    given = python(tmp_path, "3.13")
    run = commands(tmp_path, "test-unit", f"PYTHON={given}")
    assert f"{given} -m venv .venv-3.13" in run
    assert ".venv-3.13/bin/pytest tests/unit" in run
    assert ".venv/" not in run


def test_the_same_python_takes_the_virtualenv_that_is_there(tmp_path: Path) -> None:
    (tmp_path / ".venv/lib/python3.13").mkdir(parents=True)
    run = commands(tmp_path, "test-unit", f"PYTHON={python(tmp_path, '3.13')}")
    assert ".venv/bin/pytest tests/unit" in run
    assert ".venv-3.13" not in run


def test_the_first_python_gets_the_virtualenv_that_people_activate(tmp_path: Path) -> None:
    given = python(tmp_path, "3.13")
    assert f"{given} -m venv .venv\n" in commands(tmp_path, "install", f"PYTHON={given}")


def test_without_a_python_named_it_is_the_virtualenv_that_is_there(tmp_path: Path) -> None:
    (tmp_path / ".venv/lib/python3.13").mkdir(parents=True)
    assert ".venv/bin/pytest tests/unit" in commands(tmp_path, "test-unit", "--eval=undefine PYTHON")


def test_a_server_gets_the_run_time_lock_and_nothing_of_the_developers(tmp_path: Path) -> None:
    run = commands(tmp_path, "production")
    assert "--require-hashes -r requirements.lock" in run
    assert "requirements-dev" not in run
    assert "--editable" not in run


def test_a_sigterm_for_make_reaches_pytest() -> None:
    runs = re.findall(r"^\t(.*bin/pytest .*)$", text("Makefile"), re.MULTILINE)
    through_a_shell = [run for run in runs if re.search(r"""["';&|<>]""", run)]
    assert through_a_shell
    assert all(run.startswith("exec ") for run in through_a_shell), through_a_shell


def test_ci_runs_the_unit_tests_on_every_python_that_is_supported() -> None:
    (tried,) = re.findall(r"^for version in (.+); do$", text(".ci/run"), re.MULTILINE)
    workflow = text(".github/workflows/ci.yml")
    assert [f'"{version}"' for version in tried.split()] == re.findall(r'"3\.\d+"', workflow)
    assert 'make test-unit PYTHON="$python"' in text(".ci/run")
