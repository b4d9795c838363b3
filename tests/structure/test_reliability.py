"""docs/reliability.md names every row of the fault suite, and every build that lacks a safety with the row that it breaks."""

import re

from tests.faults import bad_input
from tests.faults.broken_worker import ROW_OF
from tests.faults.rows import ROWS
from tests.structure.files import text

_TESTED = text("docs/reliability.md").partition("\n## How it is tested\n")[2]


def cells(head: str) -> list[list[str]]:
    """The rows of the table with this head."""
    lines = _TESTED[_TESTED.index(head) :].partition("\n\n")[0].splitlines()[2:]
    return [line.strip("| ").split(" | ") for line in lines]


def named(cell: str) -> list[str]:
    return re.findall(r"`([\w-]+)`", cell)


def test_every_row_of_the_suite_is_named_once() -> None:
    documented = [name for row in cells("| row | what is done |") for name in named(row[0])]
    assert sorted(documented) == sorted([*(row.name for row in ROWS), bad_input.NAME])


def test_every_build_without_a_safety_is_named_with_its_row() -> None:
    documented = {named(row[0])[0]: named(row[2])[0] for row in cells("| name | the safety that is off |")}
    assert documented == {str(switch): row for switch, row in ROW_OF.items()}
