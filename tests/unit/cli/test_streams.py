"""Wherever stdout leads, a command says what it can, and shows nobody a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def shell(redirected: str, *typed: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of ours whose streams a shell has redirected."""
    command = [sys.executable, "-m", "worker", *typed]
    ran = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirected}', "sh", *command],
        cwd=ROOT,
        env={**os.environ, "MPRELEASE_LANGUAGE": "zh", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr
    return ran


def test_what_the_encoding_lacks_is_escaped() -> None:
    ran = shell("", "errcodes", "85018", PYTHONIOENCODING="latin-1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "\\u57df\\u540d" in ran.stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_none_that_fails(closed: str) -> None:
    ran = shell(closed, "errcodes", "85018")
    assert ran.returncode == 0
    assert bool(ran.stdout) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("typed", [["errcodes"], ["errcodes", "85018"]])
def test_a_full_disk_is_said(typed: list[str]) -> None:
    ran = shell("> /dev/full", *typed)
    assert ran.returncode == 1
    assert "The output could not be written: No space left on device" in ran.stderr


@pytest.mark.parametrize("typed", [["errcodes"], ["errcodes", "85018"]])
def test_nobody_is_told_where_nobody_reads(typed: list[str]) -> None:
    """As `| head` ends; what is short is written last of all."""
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "worker", *typed]
    ran = subprocess.run(command, cwd=ROOT, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    assert (ran.returncode, ran.stderr) == (1, "")
