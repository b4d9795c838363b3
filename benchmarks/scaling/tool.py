"""Write the tables of docs/scaling.md anew from the project's own results: `python -m benchmarks.scaling.tool`."""

from __future__ import annotations

import json

from benchmarks.reporting import results_files


def main() -> None:
    """Do it, where `make bench` has not: after a change of what is assumed."""
    results_files.write_scaling(
        json.loads((results_files.RESULTS / "results.json").read_text(encoding="utf-8"))
    )


if __name__ == "__main__":
    main()
