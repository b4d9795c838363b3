"""A short form of the fault suite (`make faults`): the rows that take seconds, on small waves."""

from pathlib import Path

import pytest

from tests.faults.broken_worker import ROW_OF, SHOWS, Switch, command
from tests.faults.rows import ROWS, Row, run
from tests.faults.table import remarks

RELEASES = 30
SEED = 1


def row(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "name",
    [
        *("cut-after", "twice", "queue-deleted", "foreign-upload", "no-errcode", "interim"),
        *("cut-publishing", "pool", "foreign-audit"),
    ],
)
def test_no_release_is_lost_and_none_is_submitted_twice(name: str, tmp_path: Path) -> None:
    finding = run(row(name), tmp_path, RELEASES, SEED)
    assert (finding.releases, finding.lost, finding.submitted_twice) == (RELEASES, 0, 0)
    assert finding.injected > 0
    assert finding.is_good, remarks([finding])


def test_the_suite_notices_a_build_that_repeats_without_asking(tmp_path: Path) -> None:
    finding = run(row(ROW_OF[Switch.ASKING]), tmp_path, RELEASES, SEED, command(Switch.ASKING))
    assert finding.submitted_twice > 0
    assert not finding.is_good


def test_the_suite_notices_a_build_that_submits_whatever_stands_there(tmp_path: Path) -> None:
    finding = run(row(ROW_OF[Switch.TRIAL]), tmp_path, RELEASES, SEED, command(Switch.TRIAL))
    assert finding.wrong_versions > 0
    assert not finding.is_good


@pytest.mark.parametrize("switch", [Switch.ASKING_LIVE, Switch.GUARD_AUDIT, Switch.GUARD_DOMAINS])
def test_the_suite_notices_a_build_that_publishes_without_looking(switch: Switch, tmp_path: Path) -> None:
    finding = run(row(ROW_OF[switch]), tmp_path, RELEASES, SEED, command(switch), patience_s=30)
    assert finding.published_wrongly > 0
    assert finding.shows(SHOWS[switch]), remarks([finding])


def test_the_suite_notices_a_build_that_believes_an_answer_without_errcode(tmp_path: Path) -> None:
    switch = Switch.ERRCODE
    finding = run(row(ROW_OF[switch]), tmp_path, RELEASES, SEED, command(switch), patience_s=30)
    assert finding.shows(SHOWS[switch]), remarks([finding])
