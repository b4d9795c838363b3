"""The script that a person would write first: one Mini Program after the other."""

import sys

from benchmarks import work


def main() -> None:
    """Read Mini Programs and release each."""
    for line in sys.stdin:
        appid, token = line.split()
        for step in work.STEPS:
            work.call(step, appid, token)


if __name__ == "__main__":
    main()
