"""`make bench`: `python -m benchmarks [--runs N] [--quick] [--only NAME…]`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.arena import arena
from benchmarks.contest import QUICK_RUN_S, RUN_S, Contest
from benchmarks.contestants.everybody import everybody

LATENCIES = (0, 50, 200)
_BEGAN = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    """Measure, and write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="rounds; figures are their medians")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="mprelease-bench-") as directory, arena(Path(directory)) as made:
        chosen = [one for one in everybody() if not options.only or one.name in options.only]
        contest = Contest(made, LATENCIES, QUICK_RUN_S if options.quick else RUN_S, say)
        contest.rounds(chosen, 1 if options.quick else options.runs)
    return 0


def say(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{time.monotonic() - _BEGAN:5.0f} s  {line}\n")


if __name__ == "__main__":
    sys.exit(main())
