"""`make bench`: us against what people would use instead, on the same work; into benchmarks/results.

`python -m benchmarks [--runs N] [--only NAME…] [--quick] [--out DIR]`. With --only or --quick it only prints, unless
it is told where to write: the project's own results are always those of a whole run.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.arena import Arena, arena
from benchmarks.contest import Contest, Course
from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.everybody import CONCURRENCY, everybody
from benchmarks.measures import commands, enqueue_rate, http_calls, profile, single, stored
from benchmarks.measures.machine import machine
from benchmarks.reporting import report, results_files

#: Whose commands are counted, and whose CPU time is looked into.
_LOOKED_INTO = ("ours-threads-1", "bare-celery-threads")
_PROFILE_S = 8
_BEGAN = time.monotonic()


def main(argv: list[str] | None = None) -> int:
    """Measure, and write down."""
    sections = _sections(quick=False)
    names = [*(one.name for one in everybody()), *sections]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="rounds; figures are their medians")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--out", type=Path, help="where to write the results")
    options = parser.parse_args(argv)
    # Whoever ends this ends Redis, the simulator and the workers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    wanted = options.only or names
    out = options.out or (None if options.only or options.quick else results_files.RESULTS)
    figures: dict[str, Any] = {}
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mprelease-bench-") as directory,
            arena(Path(directory)) as made,
        ):
            _measure(made, wanted, figures, rounds=1 if options.quick else options.runs, quick=options.quick)
    finally:
        # Also where a later part failed: the rounds before it took minutes.
        if "runs" in figures:
            if out is not None:
                results_files.write(figures, out)
            sys.stdout.write(f"{report.table(figures)}\n{report.details(figures)}")
    return 0


def _measure(made: Arena, wanted: list[str], figures: dict[str, Any], *, rounds: int, quick: bool) -> None:
    """Put one part after the other into the figures."""
    chosen = [one for one in everybody() if one.name in wanted]
    figures["machine"] = machine(made.client)
    figures["how"] = {"rounds": rounds, "concurrency": CONCURRENCY}
    figures["contestants"] = [
        {"name": one.name, "title": one.title, "at_once": one.at_once} for one in chosen
    ]
    runs = Contest(made, _courses(rounds, quick=quick), say).rounds(chosen)
    figures["runs"] = [run.document() for run in runs]
    for name, measure in _sections(quick=quick).items():
        if name in wanted:
            say(f"{name} …")
            figures[name] = measure(made)


def _courses(rounds: int, *, quick: bool) -> list[Course]:
    """No target is about 50 ms, so once is enough; at 200 ms the beginning and the end of a run weigh most."""
    if quick:
        return [Course(0, 1, 1), Course(50, 1, 1), Course(200, 1, 1)]
    return [Course(0, 5, rounds), Course(50, 3, 1), Course(200, 8, rounds)]


def _sections(*, quick: bool) -> dict[str, Callable[[Arena], Any]]:
    """What is measured beside the rounds, by its name in the results."""
    return {
        "commands": lambda made: {one.name: commands.count(made, one) for one in _looked_into()},
        "http": http_calls.count,
        "enqueue": enqueue_rate.measure,
        "single": lambda made: single.measure(made, 10 if quick else 100),
        "profile": lambda made: {
            one.name: found
            for one in _looked_into()
            if (found := profile.profile(made, one, 1 if quick else _PROFILE_S))
        },
        "stored": lambda made: stored.measure(made, (0, 1000) if quick else stored.STORED, say),
    }


def _looked_into() -> list[Contestant]:
    return [one for one in everybody() if one.name in _LOOKED_INTO]


def say(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{time.monotonic() - _BEGAN:5.0f} s  {line}\n")


if __name__ == "__main__":
    sys.exit(main())
