"""Starts the simulator as what it is: a child process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "simulator"]
FIRST_LINE = "simulator listening on "
STOP_S = 10


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a simulator on a free port; gives the process and its URL."""
    with subprocess.Popen(
        [*COMMAND, *options], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield process, url_from(process)
        finally:
            process.kill()
            process.wait(STOP_S)


def url_from(process: subprocess.Popen[str]) -> str:
    """Wait for the first line, and take the URL out of it."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(FIRST_LINE), line
    return line.removeprefix(FIRST_LINE).strip()
