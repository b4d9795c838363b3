import re

import pytest

from tests.structure.files import text

each_lock = pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-dev.lock", "requirements-bench.lock"]
)


def blocks(name: str) -> list[str]:
    """One text for each package."""
    return re.split(r"\n(?=\S)", text(name).strip())


@each_lock
def test_every_package_has_one_version_and_its_hashes(name: str) -> None:
    for block in blocks(name):
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


@each_lock
def test_a_lock_says_nothing_of_where_the_packages_come_from(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text(name))


def test_what_is_shipped_is_what_is_tested() -> None:
    assert set(blocks("requirements.lock")) - set(blocks("requirements-dev.lock")) <= {
        block for block in blocks("requirements.lock") if " ; " in block.splitlines()[0]
    }


def test_what_the_benchmarks_need_changes_nothing_that_is_installed() -> None:
    installed = {name_of(block): block for block in blocks("requirements-dev.lock")}
    both = [block for block in blocks("requirements-bench.lock") if name_of(block) in installed]
    assert both
    assert {first_line(block) for block in both} <= {
        first_line(block) for block in blocks("requirements-dev.lock")
    }


def name_of(block: str) -> str:
    return re.split(r"[=\[ ;]", block, maxsplit=1)[0]


def first_line(block: str) -> str:
    return block.splitlines()[0]
