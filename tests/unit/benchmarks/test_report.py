from benchmarks.reporting import report
from benchmarks.reporting.targets import ONE
from tests.unit.benchmarks.figures import figures, run


def test_the_table_has_a_row_for_each_contestant_and_a_column_for_each_latency() -> None:
    lines = report.table(
        figures(run("floor", 0, 1, 800), run("floor", 200, 1, 50), run(ONE, 0, 1, 99.4))
    ).splitlines()
    assert (
        "|  | releases/s at 0 ms | releases/s at 200 ms | worker's CPU ms per release | MB of memory |"
        in lines
    )
    assert "| the floor | 800 | 50.0 | 5.0 | 64 |" in lines
    assert f"| the {ONE} | 99.4 |  | 5.0 | 64 |" in lines


def test_a_missed_target_is_shown_as_missed() -> None:
    table = report.table(figures(run("floor", 200, 1, 100), run(ONE, 200, 1, 50)))
    assert "| 200 ms a call: at least 0.95 of the throughput of the floor | 0.50 | **no** |" in table


def test_details_hold_only_what_was_measured() -> None:
    details = report.details(figures(run("floor", 0, 1, 800), single={}, stored=[]))
    assert "| the floor | 0 | 100 | 800 | 1.00 |" in details
    assert details.count("## ") == 1


def test_the_bound_is_told_with_what_it_is_of_the_others() -> None:
    shown = report.table(
        figures(
            run("ours-threads-1", 0, 1, 100.0, worker_cpu_s=0.7),
            run("bare-celery-one-task", 0, 1, 300.0, worker_cpu_s=0.3),
            run("dramatiq", 0, 1, 400.0),
        )
    )
    assert "takes 3.0 ms of CPU, 0.75 of Dramatiq in releases a second. Ours takes 7.0 ms" in shown
