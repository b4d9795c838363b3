"""The manual is built as a site, and what is written from the code is what the code says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure.files import ROOT, text
from tests.support.examples import a_release


def test_the_site_is_built_without_a_warning_and_asks_nobody_else(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "properdocs", "build", "--config-file", "mkdocs.yml", "--site-dir", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert built.returncode == 0, built.stderr
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    assert {"index.html", "zh.html", "architecture.html", "errcodes.html", "errcodes.zh.html"} <= pages.keys()
    assert 'class="language-mermaid"' in pages["architecture.html"]
    assert [name for name, page in pages.items() if 'src="http' in page or "src='http" in page] == []


@pytest.mark.parametrize(("language", "page"), [("en", "docs/errcodes.md"), ("zh", "docs/errcodes.zh.md")])
def test_the_pages_of_the_errcodes_are_what_the_command_says(language: str, page: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "worker", "errcodes"],
        cwd=ROOT,
        env={**os.environ, "MPRELEASE_LANGUAGE": language},
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout
    assert said
    assert text(page).endswith("\n\n" + said)


def test_the_makefile_writes_both_pages() -> None:
    """Each page is written with what comes before the table, in its language, whatever the terminal's is."""
    for language, page in (("en", "docs/errcodes.md"), ("zh", "docs/errcodes.zh.md")):
        head = text(page).partition("|")[0].replace("\n", "\\n")
        recipe = text("Makefile").partition(f"printf '{head}'")[2].partition(f"> {page}\n")[0]
        assert f"MPRELEASE_LANGUAGE={language} " in recipe


def test_the_orchestrators_page_has_every_field_of_a_record() -> None:
    table = text("docs/orchestrators.md").partition("## The record\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == a_release().public().keys()
