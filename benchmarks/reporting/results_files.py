"""Where results stand: the raw figures, what is made of them, and the parts of the documents that are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.reporting import report
from benchmarks.scaling import tables as scaling_tables

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
README = ROOT / "benchmarks" / "README.md"
SCALING = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"


def write(figures: dict[str, Any], directory: Path) -> None:
    """Write figures, tables and picture; where they are the project's own, the documents' tables as well."""
    from benchmarks.reporting import plot  # noqa: PLC0415 - only `make bench` installs what it draws with

    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (directory / "results.json").write_text(text + "\n", encoding="utf-8")
    (directory / "table.md").write_text(report.table(figures), encoding="utf-8")
    (directory / "details.md").write_text(report.details(figures), encoding="utf-8")
    plot.draw(figures, directory / "throughput.svg")
    if directory == RESULTS:
        before, _, after = parts(README.read_text(encoding="utf-8"))
        README.write_text(before + BEGIN + report.table(figures) + END + after, encoding="utf-8")
        write_scaling(figures)


def write_scaling(figures: dict[str, Any]) -> None:
    """Write the tables of docs/scaling.md, where nothing is missing that they are made from."""
    if figures.keys() >= scaling_tables.NEEDED:
        document = SCALING.read_text(encoding="utf-8")
        SCALING.write_text(scaling_tables.filled(document, figures), encoding="utf-8")


def parts(readme: str) -> tuple[str, str, str]:
    """benchmarks/README.md before the table, the table, and what comes after it."""
    before, begin, rest = readme.partition(BEGIN)
    table, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"benchmarks/README.md has no {BEGIN.strip()} … {END.strip()}")
    return before, table, after
