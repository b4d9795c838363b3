"""`python -m tests.faults [--row NAME ...] [--broken SWITCH ...] [--releases N] [--seed N] [--jobs N] [--keep DIRECTORY]`.

Runs every row on the build as it is, and then, for each safety, its row on a build that lacks it.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from config.sources import PREFIX
from tests.faults import bad_input
from tests.faults.broken_worker import ROW_OF, SHOWS, Switch, command
from tests.faults.rows import ROWS, Row, run
from tests.faults.table import Finding, remarks, table
from tests.faults.world import GOES_ON_S, PATIENCE_S

RELEASES = 200
#: Of a row that has to break: enough for it to happen.
BROKEN_RELEASES = 100
#: What is lost is waited for in vain.
_BROKEN_PATIENCE_S = GOES_ON_S + 10
#: Rows spend most of their time waiting, so two at a time disturb each other little.
JOBS = 2


def main() -> int:
    """Run what is asked for; 1 if the build broke a promise, or if one that lacks a safety did not."""
    options = _options()
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]  # a developer's own settings must not decide how this ends
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped on the way out
    _say(f"seed {options.seed}, {options.jobs} rows at a time")
    everything = not (options.row or options.broken)
    rows = [row for row in ROWS if everything or row.name in options.row]
    switches = list(Switch) if everything else options.broken
    with ThreadPoolExecutor(options.jobs) as pool:
        kept = list(pool.map(partial(_run, options=options), rows))
        broken = list(pool.map(partial(_run_broken, options=options), switches))
    if everything or bad_input.NAME in options.row:
        _say(f"{bad_input.FAULT} …")
        kept.append(bad_input.run(options.seed))
    if kept:
        sys.stdout.write(f"\n{table(kept)}\n")
    if broken:
        sys.stdout.write(
            f"\nWith one safety off, its row has to lose, double or flood something:\n\n{table(broken)}\n"
        )
    # Of a broken build, each row has to show what its safety is there for, not any problem.
    noticed = all(finding.shows(SHOWS[switch]) for switch, finding in zip(switches, broken, strict=True))
    return 0 if noticed and all(finding.is_good for finding in kept) else 1


def _run(row: Row, options: argparse.Namespace) -> Finding:
    return _try(row, row.fault, options, releases=options.releases or row.releases or RELEASES)


def _run_broken(switch: Switch, options: argparse.Namespace) -> Finding:
    row = next(row for row in ROWS if row.name == ROW_OF[switch])
    return _try(
        row,
        f"{switch} off: {row.fault}",
        options,
        releases=options.releases or row.releases or BROKEN_RELEASES,
        workers=command(switch),
        patience_s=_BROKEN_PATIENCE_S,
    )


def _try(
    row: Row,
    fault: str,
    options: argparse.Namespace,
    *,
    releases: int,
    workers: Sequence[str] = (),
    patience_s: float = PATIENCE_S,
) -> Finding:
    _say(f"{fault} …")
    with _directory(row, options.keep) as directory:
        try:
            finding = run(row, Path(directory), releases, options.seed, workers, patience_s)
        except Exception as error:  # noqa: BLE001 - the other rows are run all the same
            reason = f"the row could not be run: {type(error).__name__}: {error}"
            finding = Finding(row.fault, 0, 0, 0, 0, 0, 0, problems=[reason])
    finding = finding.named(fault)
    _say(*remarks([finding]), f"{fault}: {' | '.join(finding.cells[1:])}")
    return finding


def _directory(row: Row, keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="mprelease-faults-")
    return nullcontext(tempfile.mkdtemp(prefix=f"{row.name}-", dir=keep))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    names = [*(row.name for row in ROWS), bad_input.NAME]
    parser.add_argument("--row", action="append", default=[], choices=names, help="only this one")
    parser.add_argument(
        "--broken",
        action="append",
        default=[],
        type=Switch,
        choices=list(Switch),
        help="only the row of this safety, switched off",
    )
    parser.add_argument("--releases", type=int, help=f"of each row ({RELEASES}; {BROKEN_RELEASES} if broken)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, default=JOBS, help="rows at a time")
    parser.add_argument("--keep", type=Path, help="keep logs and data in directories under this one")
    return parser.parse_args()


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
