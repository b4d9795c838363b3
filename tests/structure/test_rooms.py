import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import wechat
from tests.structure.files import ROOT, house, text

#: What runs: the product, the simulator, the benchmarks.
ROOMS = ("cli", "web", "worker", "tasks", "releases", "wechat", "db", "config", "simulator", "benchmarks")
#: A folder with more modules than that has concepts that want folders of their own.
MOST_MODULES = 15
CELERYS = {"celery", "kombu", "billiard"}


def modules() -> list[Path]:
    paths = [path.relative_to(ROOT) for path in house() if path.suffix == ".py"]
    found = [path for path in paths if path.parts[0] in ROOMS]
    assert {path.parts[0] for path in found} == set(ROOMS)
    return found


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_folder_has_more_modules_than_a_person_takes_in() -> None:
    sizes = Counter(path.parent for path in modules() if path.name != "__init__.py")
    assert {str(folder): size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_only_tasks_and_worker_import_celery() -> None:
    found = {
        path.parts[0]
        for path in modules()
        if {name.partition(".")[0] for name in imported_by(path)} & CELERYS
    }
    assert found - {"benchmarks"} == {"tasks", "worker"}


def test_everything_that_is_installed_is_linted_typed_and_packed() -> None:
    project = tomllib.loads(text("pyproject.toml"))["tool"]
    product = set(ROOMS) - {"benchmarks"}
    assert product <= set(project["mypy"]["packages"])
    assert product == {
        pattern.removesuffix("*") for pattern in project["setuptools"]["packages"]["find"]["include"]
    }
    assert product == set(project["importlinter"]["root_packages"])


def test_every_folder_says_in_a_line_what_it_holds() -> None:
    folders = {path.parent for path in modules()}
    silent = [
        folder
        for folder in folders
        if not ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text()))
    ]
    assert silent == []


def test_wechat_has_a_face() -> None:
    assert sorted(wechat.__all__) == sorted(set(wechat.__all__))
    assert {name: getattr(wechat, name).__name__ for name in wechat.__all__} == {
        name: name for name in wechat.__all__
    }
