"""Every link of every page leads somewhere, as a reader of the files follows it: to a file, and to a heading of it."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.structure.files import ROOT, house

PAGES = [path for path in house() if path.suffix == ".md"]
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """The names that a forge gives to the headings of a page."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in plain}


def leads_nowhere(page: Path, target: str) -> bool:
    if "://" in target:
        return False
    name, _, anchor = target.partition("#")
    there = (page.parent / name).resolve() if name else page
    if not (there.is_relative_to(ROOT) and there.exists()):
        return True
    return bool(anchor) and anchor not in anchors(there)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page: Path) -> None:
    assert [target for target in _LINK.findall(prose(page)) if leads_nowhere(page, target)] == []


def test_a_dead_link_would_be_found() -> None:
    page = ROOT / "README.md"
    assert leads_nowhere(page, "docs/nothing.md")
    assert leads_nowhere(page, "docs/redis.md#nothing")
    assert not leads_nowhere(page, "docs/redis.md#the-keys-in-redis")


def test_the_manual_is_reached_from_the_readme() -> None:
    linked = {target.partition("#")[0] for target in _LINK.findall(prose(ROOT / "README.md"))}
    pages = {str(path.relative_to(ROOT)) for path in PAGES if path.parent == ROOT / "docs"}
    assert sorted(pages - linked) == []


def test_every_decision_is_in_their_list() -> None:
    listed = set(_LINK.findall(prose(ROOT / "docs/adr/README.md")))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("0*.md")}


def test_both_readmes_have_the_same_links() -> None:
    ours, chinese = (
        sorted(
            target.replace("-zh.png", ".png")
            for target in _LINK.findall(prose(ROOT / name))
            if target.startswith(("docs", "bench"))
        )
        for name in ("README.md", "README.zh-CN.md")
    )
    assert ours == chinese
