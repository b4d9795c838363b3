"""The manual is built as a site, and what is written from the code is what the code says."""

import subprocess
import sys
from pathlib import Path

from tests.structure.files import ROOT, text


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
    assert {"index.html", "zh.html", "architecture.html", "errcodes.html"} <= pages.keys()
    assert 'class="language-mermaid"' in pages["architecture.html"]
    assert [name for name, page in pages.items() if 'src="http' in page or "src='http" in page] == []


def test_the_page_of_the_errcodes_is_what_the_command_says() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "worker", "errcodes"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert said
    assert text("docs/errcodes.md").endswith("\n\n" + said)
