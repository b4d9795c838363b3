"""The manual names files and folders of the house: each of them is there."""

import re
from pathlib import Path

import pytest

from tests.structure.files import ROOT, house

ROOMS = "cli|worker|tasks|releases|wechat|db|config|simulator|tests|benchmarks|docs"
#: A path in backticks that begins with a room. `…*…` stands for any name.
_PATH = re.compile(rf"`((?:{ROOMS})/[\w./*-]*)`")
#: What a page says of the past stays as it was.
_PAST = {"CHANGELOG.md"}

PAGES = [path for path in house() if path.suffix == ".md" and path.name not in _PAST]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_on_a_page_is_there(page: Path) -> None:
    named = set(_PATH.findall(page.read_text(encoding="utf-8")))
    assert sorted(name for name in named if not any(ROOT.glob(name))) == []


def test_every_file_in_the_tree_of_the_architecture_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    tree = page[page.index("```text\n") :].split("```")[1].splitlines()[1:]
    room, missing = "", []
    for line in tree:
        name = line.split()[0]
        if not line.startswith(" "):
            room = name
        path = ROOT / room / ("" if name == room else name)
        if not path.exists():
            missing.append(str(path.relative_to(ROOT)))
    assert missing == []
