"""What the structure tests read: the files of the house."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
#: Names that look like ours, as they stand in any file.
VARIABLE = re.compile(r"\bMPRELEASE_[A-Z0-9_]*[A-Z0-9]")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
    return document


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def unescaped(command: str) -> str:
    """A command as the container gets it: in compose a dollar is written twice."""
    return command.replace("$$", "$")


def asks(name: str, port: int) -> list[str]:
    """A service's health check in python, for the same service on another port."""
    kind, program, *words = services()[name]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    at = re.compile(r'(?<="127\.0\.0\.1", )\d+')
    assert any(at.search(word) for word in words)
    return [sys.executable, *(at.sub(str(port), unescaped(word)) for word in words)]


@cache
def everything() -> tuple[Path, ...]:
    """Every file that is in git, or is to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file())


@cache
def house() -> tuple[Path, ...]:
    """Every text file among them."""
    return tuple(path for path in everything() if b"\0" not in path.read_bytes())


def shown(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]
