from pathlib import Path
from typing import Any

import pytest

from benchmarks.reporting import results_files
from benchmarks.reporting.targets import ONE
from benchmarks.scaling.model import THREADS, VISITS, WAVE_BYTES, Model, Pace
from benchmarks.scaling.tables import filled
from tests.unit.benchmarks.figures import figures, run


def measured(*runs: dict[str, Any], kept: float = 2000) -> dict[str, Any]:
    return figures(
        *(runs or [run(ONE, 0, 1, 100)]),
        commands={ONE: {"kept_bytes": kept}},
        http={"domains are there": {"release": 3.0}},
        enqueue={"command": 5000.0},
        stored=[{"stored": 0, "cpu_ms": 5.0}, {"stored": 100_000, "cpu_ms": 5.5}],
    )


def test_a_slow_wechat_leaves_it_to_the_threads() -> None:
    model = Model(measured())
    # Five calls, that for the token, and the commit.
    assert model.seconds(Pace(1, 30)) == 36
    assert model.rate(Pace(1, 30)) == pytest.approx(THREADS / 36)


def test_a_wechat_that_answers_at_once_leaves_it_to_the_core() -> None:
    # 0.5 s of CPU for a hundred releases are 5 ms each, and every release is visited twice.
    assert Model(measured()).rate(Pace(0.001, 0.001)) == pytest.approx(1000 / (5 * VISITS))


def test_the_dearest_latency_is_reckoned_with() -> None:
    dear = run(ONE, 200, 1, 100, worker_cpu_s=0.9)
    assert Model(measured(run(ONE, 0, 1, 100), dear)).cpu_ms == pytest.approx(9)


def test_the_more_of_what_two_measurements_say_is_kept() -> None:
    assert Model(measured(kept=2000)).kept_bytes == WAVE_BYTES
    assert Model(measured(kept=4000)).kept_bytes == 4000


def test_a_document_gets_its_tables_and_keeps_the_rest() -> None:
    document = (
        "before\n<!-- table costs -->\nold\n<!-- /table -->\nbetween\n<!-- table redis -->\n<!-- /table -->\n"
    )
    made = filled(document, measured())
    assert "old" not in made
    assert made.startswith("before\n<!-- table costs -->\n| per release | measured | ")
    assert "<!-- /table -->\nbetween\n<!-- table redis -->\n| Mini Programs | " in made
    # 1,000,000 releases of 2,928 bytes, and 2 visits of 1 ms of Redis.
    assert "| 1,000,000 | 2,000 s |" in made
    assert "| 2.96 GB | 35.6 GB |" in made
    assert filled(made, measured()) == made


def test_a_table_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("<!-- table other -->\n<!-- /table -->\n", measured())


def test_a_run_that_ended_early_leaves_the_document_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "scaling.md"
    monkeypatch.setattr(results_files, "SCALING", document)
    document.write_text("<!-- table costs -->\n<!-- /table -->\n")
    whole = measured()
    results_files.write_scaling({name: whole[name] for name in whole if name != "stored"})
    assert document.read_text() == "<!-- table costs -->\n<!-- /table -->\n"
    results_files.write_scaling(whole)
    assert "| CPU of a worker, ms | 5.0 | 10.0 |" in document.read_text()
