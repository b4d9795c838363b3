"""`make mutants`: make small mistakes, one at a time, and report those that no test notices."""

import argparse
import random
import sys
from collections.abc import Iterable, Sequence

from tests.mutants.change import Change
from tests.mutants.checkout import Checkout, all_changes, copied, holes, tests_of


def main() -> int:
    options = _options()
    checkout = copied(options.limit_s)
    changes = all_changes(checkout.root, options.of)
    if options.list:
        _say("\n".join(map(checkout.shown, changes)))
        return 0
    sample = random.Random(options.seed).sample(changes, min(options.number, len(changes)))
    known = [(name, change) for name, change in holes(checkout.root) if options.of in change.path]
    _say(f"{len(known)} holes of before, {len(sample)} of {len(changes)} mutants (seed {options.seed})")
    drawn = [(f"mutant {number}", change) for number, change in enumerate(sample, 1)]
    todo = [*known, *drawn] if options.first == 1 else drawn[options.first - 1 :]
    _check_that_all_pass(checkout, (change for _, change in todo))
    survivors = _survivors(checkout, todo)
    _say(f"{len(todo) - survivors} of {len(todo)} were noticed")
    return 1 if survivors else 0


def _survivors(checkout: Checkout, todo: Sequence[tuple[str, Change]]) -> int:
    survivors = 0
    for name, change in todo:
        noticed_by = checkout.notices(change, tests_of(change.path))
        _say(f"{name}: {noticed_by or 'SURVIVES'}")
        if not noticed_by:
            survivors += 1
            _say(checkout.shown(change))
    return survivors


def _check_that_all_pass(checkout: Checkout, changes: Iterable[Change]) -> None:
    """A test that fails without any mistake would seem to notice them all."""
    for tests in sorted({tuple(tests_of(change.path)) for change in changes}):
        failure = checkout.first_failure(tests)
        if failure:
            raise SystemExit(f"without any mistake: {failure}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--number", type=int, default=100, help="so many mistakes, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=1, help="go on at this one of those drawn, where a run was stopped"
    )
    parser.add_argument("--of", default="", help="only in files whose path has this in it")
    parser.add_argument(
        "--limit-s", type=float, default=180, help="tests that take longer have noticed something"
    )
    parser.add_argument("--list", action="store_true", help="show all mistakes and make none")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
