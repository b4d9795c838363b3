"""The properties as a row: thousands of cases of bad input, on everything that takes any."""

import re
import subprocess
import sys
import time

from tests.faults.table import Finding
from tests.support.workers import ROOT

NAME = "bad-input"
FAULT = "bad input: cases of it"
#: Fewer would be too few to say that none is left.
LEAST_CASES = 10_000
_PATIENCE_S = 900.0
_SUMMARY = re.compile(r"^bad input: (\d+) cases came to a good end, (\d+) properties failed$", re.MULTILINE)


def run(seed: int) -> Finding:
    """Try them; what ends in anything but success or a typed error is a problem, and so are too few cases."""
    began = time.monotonic()
    options = (
        "-q",
        "-n",
        "2",
        "--timeout",
        "600",
        "--hypothesis-profile",
        "faults",
        "--hypothesis-seed",
        str(seed),
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/properties", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    summary = _SUMMARY.search(ended.stdout)
    cases, failed = (int(summary[1]), int(summary[2])) if summary else (0, 0)
    problems = []
    if ended.returncode:
        sys.stderr.write(ended.stdout[-20_000:] + ended.stderr[-2000:])
        problems.append(f"{failed} properties ended in anything but success or a typed error; see above")
    if cases < LEAST_CASES:
        problems.append(f"only {cases} cases; at least {LEAST_CASES} were to be tried")
    note = f"{cases} cases, {failed} properties ended in anything but success or a typed error"
    return Finding(
        FAULT, cases, cases, 0, 0, 0, seconds=time.monotonic() - began, notes=[note], problems=problems
    )
