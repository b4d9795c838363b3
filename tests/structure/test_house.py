import re

from config.loading import variable_names
from config.sources import LANGUAGE_VARIABLE
from tests.structure.files import ROOT, VARIABLE, everything, house, shown, text

#: A module that has so many lines is two.
MOST_LINES = 400
HOME = re.compile(r"/(?:home|root|Users)/\w")


def test_every_module_can_be_read_in_one_go() -> None:
    modules = [path for path in house() if path.suffix == ".py"]
    too_long = [path for path in modules if len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES]
    assert shown(too_long) == []


def test_no_file_says_where_somebody_lives() -> None:
    assert shown([path for path in house() if HOME.search(path.read_text(encoding="utf-8"))]) == []


def test_what_is_no_text_is_a_picture_on_a_page_beside_it_or_a_compiled_catalog() -> None:
    others = [path for path in everything() if path not in house() and path.with_suffix(".po") not in house()]
    assert others
    pages = [path for path in house() if path.suffix == ".md"]
    pictures = {
        page.parent / name
        for page in pages
        for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown([path for path in others if path not in pictures]) == []


def test_no_secret_is_in_git() -> None:
    assert [name for name in shown(list(house())) if name == ".env" or name.startswith("secrets/")] == []


def test_ci_runs_what_the_readme_says() -> None:
    assert "make test" in text("README.md")
    ci = text(".ci/run")
    assert "make test" in ci
    assert "make check" in ci


def test_the_manuals_table_has_every_setting() -> None:
    rows = [line for line in text("docs/settings.md").splitlines() if line.startswith("| `MPRELEASE_")]
    assert {*variable_names(), LANGUAGE_VARIABLE} <= {name for row in rows for name in named(row)}


def named(row: str) -> set[str]:
    """The variables of a row, where `__NAME` stands for the next one of the same section."""
    whole = VARIABLE.findall(row)
    section = whole[0].partition("__")[0]
    return {*whole, *(section + short for short in re.findall(r"(?<![A-Z])__[A-Z][A-Z_]*[A-Z]", row))}


def test_the_makefile_has_the_targets_that_people_are_told() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"install", "check", "test", "demo"} <= targets
