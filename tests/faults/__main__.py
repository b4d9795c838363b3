"""`python -m tests.faults [--row NAME ...] [--releases N] [--seed N] [--keep DIRECTORY] [--broken SWITCH]`."""

import argparse
import os
import random
import signal
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from config.sources import PREFIX
from tests.faults.broken_worker import ROW_OF, Switch, command
from tests.faults.rows import ROWS, Row, run
from tests.faults.table import Finding, remarks, table

RELEASES = 200


def main() -> int:
    """Run the rows one after the other; 1 if one broke the promise, or if a broken build did not."""
    options = _options()
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        del os.environ[name]  # a developer's own settings must not decide how this ends
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped on the way out
    _say(f"seed {options.seed}")
    names = options.row or (options.broken and [ROW_OF[options.broken]])
    chosen = [row for row in ROWS if not names or row.name in names]
    findings = [_run(row, options) for row in chosen]
    sys.stdout.write(f"\n{table(findings)}\n")
    # Of a broken build, each row has to show the loss or the double, not any problem.
    as_promised = [not (finding.lost or finding.submitted_twice) for finding in findings]
    good = not any(as_promised) if options.broken else all(finding.is_good for finding in findings)
    return 0 if good else 1


def _run(row: Row, options: argparse.Namespace) -> Finding:
    _say(f"{row.name} …")
    workers = command(options.broken) if options.broken else ()
    with _directory(row, options.keep) as directory:
        try:
            finding = run(row, Path(directory), options.releases, options.seed, workers)
        except Exception as error:  # noqa: BLE001 - the other rows are run all the same
            reason = f"the row could not be run: {type(error).__name__}: {error}"
            finding = Finding(row.fault, 0, 0, 0, 0, 0, 0, problems=[reason])
    _say(*remarks([finding]), f"{row.name}: {' | '.join(finding.cells[1:])}")
    return finding


def _directory(row: Row, keep: Path | None) -> AbstractContextManager[str]:
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="mprelease-faults-")
    return nullcontext(tempfile.mkdtemp(prefix=f"{row.name}-", dir=keep))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--row", action="append", choices=[row.name for row in ROWS], help="only this one")
    parser.add_argument("--releases", type=int, default=RELEASES, help="of each row")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--keep", type=Path, help="keep logs and data in directories under this one")
    parser.add_argument(
        "--broken", type=Switch, choices=list(Switch), help="switch a safety off: its row has to break"
    )
    return parser.parse_args()


def _say(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
