import re
from pathlib import Path

import pytest

from tests.structure.files import ROOT, house

SCRIPTS = [path for path in house() if path.suffix == ".lua"]


def header(script: Path) -> str:
    """The comment that a script begins with."""
    lines = script.read_text(encoding="utf-8").splitlines()
    length = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return "\n".join(lines[:length])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_script_begins_with_what_it_does_takes_and_returns(script: Path) -> None:
    first, _, rest = header(script).partition("\n")
    assert first.endswith((".", ":"))
    used = script.read_text(encoding="utf-8").removeprefix(header(script))
    for argument in ("KEYS", "ARGV"):
        assert (re.search(rf"\b{argument}\b", used) is None) or re.search(rf"\b{argument}\[1", rest), argument
    assert re.search(r"^-- Returns ", rest, re.MULTILINE)


def test_there_are_scripts_to_look_at() -> None:
    assert SCRIPTS
