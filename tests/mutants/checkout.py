"""A copy of the checkout in which mistakes are made, and the tests that are to notice them."""

import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants import lua, python
from tests.mutants.change import Change

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build" / "mutants" / "checkout"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Checkout:
    """The copy. One mistake is made in it at a time."""

    root: Path
    limit_s: float

    def notices(self, change: Change, tests: Sequence[str]) -> str:
        """The test that fails with this mistake, or that they take too long; empty if nothing is noticed."""
        target = self.root / change.path
        right = target.read_bytes()
        try:
            target.write_bytes(change.made_in(right))
            return self.first_failure(tests)
        finally:
            target.write_bytes(right)

    def shown(self, change: Change) -> str:
        """The mistake as a diff."""
        return change.shown((self.root / change.path).read_bytes())

    def first_failure(self, tests: Sequence[str]) -> str:
        """Run tests until one fails; empty if none does."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "not long",
            *tests,
        ]
        # The compiled files of two mistakes that were made in the same second would be taken for one another.
        environment = {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                output, _ = running.communicate(timeout=self.limit_s)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                return f"more than {self.limit_s:g} s"
        if running.returncode == 0:
            return ""
        failed = [line for line in output.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
        return failed[0] if failed else output[-400:]


def copied(limit_s: float) -> Checkout:
    """Make a fresh copy of what git lists, without what was compiled."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, COPY / name)
    return Checkout(COPY, limit_s)


def mapping() -> list[tuple[str, list[str]]]:
    """Patterns of files, and the tests that look at them."""
    tables = tomllib.loads((HERE / "mapping.toml").read_text())
    (rows,) = tables.values()  # one kind of table: a row of another name would never be read
    return [(pattern, row["run"]) for row in rows for pattern in row["of"]]


def tests_of(path: str) -> list[str]:
    """The tests that look at a file."""
    return next(run for pattern, run in mapping() if fnmatch.fnmatch(path, pattern))


def all_changes(root: Path, only: str = "") -> list[Change]:
    """Every mistake that can be made in the files of the mapping; in those alone whose path has `only` in it."""
    paths = sorted({str(path.relative_to(root)) for pattern, _ in mapping() for path in root.glob(pattern)})
    found: list[Change] = []
    for path in paths:
        if only in path and not path.endswith("__init__.py"):
            kind = lua if path.endswith(".lua") else python
            found += kind.changes(path, (root / path).read_bytes())
    return found


def holes(root: Path) -> list[tuple[str, Change]]:
    """The mistakes of holes.toml, by their names."""
    found = []
    for hole in tomllib.loads((HERE / "holes.toml").read_text())["hole"]:
        source, before = (root / hole["file"]).read_bytes(), hole["before"].encode()
        if source.count(before) != 1:
            raise ValueError(f"{hole['name']}: {hole['before']!r} has to be in {hole['file']} once")
        start = source.index(before)
        found.append((hole["name"], Change(hole["file"], start, start + len(before), hole["after"])))
    return found
