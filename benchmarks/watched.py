"""A wave as the one person sees it who watches it, and what a benchmark of waves says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.support.workers import Platform


def watch(made: Platform, wave: str) -> dict[str, Any]:
    """`mprelease wave --watch` until the wave is over; returns its JSON. What it says on the way goes to stderr."""
    watched = subprocess.run(
        [sys.executable, "-m", "worker", "wave", wave, "--watch", "--json"],
        env=made.environment,
        cwd=made.directory,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(watched.stdout)
    return report


def say(*lines: str) -> None:
    """Print lines, at once."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
