# ruff: noqa: INP001 - it is loaded by its path
"""What the site needs beside docs/: the pages that stand elsewhere in the house, and links that work on both sides.

In the repository a link is a path, as a reader of the files follows it. On the site a link to a page becomes a link to
that page, and a link to any other file of the house becomes the file's name. A link to nothing is left as it is, and
the build fails on it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from properdocs.structure.files import File

ROOT = Path(__file__).parents[2]
#: Pages of the house that stand outside docs/, and what they are called on the site.
PAGES = {
    "README.md": "index.md",
    "README.zh-CN.md": "zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "benchmarks/results/details.md": "benchmarks-details.md",
    "simulator/README.md": "simulator.md",
}
#: Other files that the site has, and where they stand in the house. What is not there is left out.
FILES = {
    "throughput.svg": "benchmarks/results/throughput.svg",
    "assets/diagrams.js": "docs/site/diagrams.js",
    "assets/mermaid.tiny.js": ".ci/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js",
}
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """List the decisions, and load Mermaid where it was fetched."""
    decisions = ["README.md", *sorted(path.name for path in (ROOT / "docs/adr").glob("0*.md"))]
    config.nav = [
        {"Decisions": [f"adr/{name}" for name in decisions]} if part == {"Decisions": "adr"} else part
        for part in config.nav
    ]
    if (ROOT / FILES["assets/mermaid.tiny.js"]).is_file():
        config.extra_javascript.insert(0, "assets/mermaid.tiny.js")
    return config


def on_files(files: Any, config: Any) -> Any:
    """Put in what stands outside docs/."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for name, source in FILES.items():
        if (ROOT / source).is_file():
            files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_kwargs: Any) -> str:
    """Let the page's links lead to the pages of the site."""
    name = page.file.src_uri
    source = {page: source for source, page in PAGES.items()}.get(name, f"docs/{name}")
    parts = _FENCE.split(markdown)
    for number in range(0, len(parts), 2):  # every other part is code
        parts[number] = _LINK.sub(lambda link: _of_the_site(link, source, name), parts[number])
    return "".join(parts)


def _of_the_site(link: re.Match[str], source: str, page: str) -> str:
    image, text, target, anchor = link["image"], link["text"], link["target"], link["anchor"] or ""
    if not target or "://" in target:
        return link[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    there = PAGES.get(path) or {source: name for name, source in FILES.items()}.get(path)
    if there is None and path.startswith("docs/"):
        there = path.removeprefix("docs/")
    if there is not None:
        return f"{image}[{text}]({posixpath.relpath(there, posixpath.dirname(page) or '.')}{anchor})"
    if (ROOT / path).exists():
        return f"`{path}`" if path.endswith(text.strip("`")) else f"{text} (`{path}`)"
    return link[0]
