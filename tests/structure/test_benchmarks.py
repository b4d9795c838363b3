import json

from benchmarks.reporting import report
from benchmarks.reporting.results_files import RESULTS, parts
from benchmarks.reporting.targets import targets
from benchmarks.scaling import tables as scaling_tables
from tests.structure.files import text

FIGURES = json.loads((RESULTS / "results.json").read_text(encoding="utf-8"))


def test_the_table_of_the_benchmarks_page_is_that_of_the_results() -> None:
    _, table, _ = parts(text("benchmarks/README.md"))
    assert table == (RESULTS / "table.md").read_text(encoding="utf-8")


def test_tables_are_made_from_the_figures_and_from_nothing_else() -> None:
    assert (RESULTS / "table.md").read_text(encoding="utf-8") == report.table(FIGURES)
    assert (RESULTS / "details.md").read_text(encoding="utf-8") == report.details(FIGURES)


def test_the_results_are_those_of_a_whole_run() -> None:
    assert [target.wanted for target in targets(FIGURES) if target.met is None] == []
    assert "](results/throughput.svg)" in text("benchmarks/README.md")


def test_the_tables_of_scaling_are_made_from_the_results() -> None:
    document = text("docs/scaling.md")
    assert document == scaling_tables.filled(document, FIGURES)
    assert [name for name in scaling_tables.TABLES if f"<!-- table {name} -->" not in document] == []
