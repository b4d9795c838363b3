"""Flower's options, executed as Flower does it."""

import ast
from pathlib import Path
from typing import Any

import pytest
from tornado.options import OptionParser

from config.sources import DEFAULT_SECRETS_DIR, SECRETS_DIR_VARIABLE
from tests.structure.files import ROOT, services, text

flower_options = pytest.importorskip("flower.options", reason="Flower is not installed")
flower_tasks = pytest.importorskip("flower.views.tasks", reason="Flower is not installed")
FILE = ROOT / "config" / "flower.py"
LOGIN = "ops:not-to-be-guessed"


def executed() -> OptionParser:
    """Flower's options after reading ours, in a parser of our own."""
    parser = OptionParser()
    for name, option in flower_options.options._options.items():
        if name not in parser:
            parser.define(
                name,
                option.default,
                option.type,
                option.help,
                multiple=option.multiple,
                group=option.group_name,
            )
    parser.parse_config_file(str(FILE), final=False)
    return parser


@pytest.fixture
def login_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FLOWER_DB", raising=False)
    monkeypatch.setenv(SECRETS_DIR_VARIABLE, str(tmp_path))
    path = tmp_path / "flower_login"
    path.write_text(LOGIN + "\n")
    return path


def test_it_sets_the_options_that_it_means_to_set(login_file: Path) -> None:
    parser = executed()
    changed = {name for name, option in parser._options.items() if option.value() != option.default}
    assert changed == {
        "basic-auth",
        "read-only",
        "address",
        "db",
        "state-save-interval",
        "max-tasks",
        "purge-offline-workers",
        "tasks-columns",
        "format-task",
    }
    assert parser.basic_auth == [LOGIN]
    assert parser.read_only is True
    assert parser.natural_time is False


def test_state_is_kept_where_somebody_says_where(login_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert executed().persistent is False
    monkeypatch.setenv("FLOWER_DB", services()["flower"]["environment"]["FLOWER_DB"])
    assert executed().persistent is True
    assert executed().db == "/var/lib/flower/state"


def test_its_columns_are_columns_of_flower(login_file: Path) -> None:
    columns = executed().tasks_columns
    assert [name for name, _ in flower_tasks.visible_task_columns(columns)] == columns.split(",")


@pytest.mark.parametrize(
    "content", ["", "\n", "ops", "ops:", ":hidden", "ops:hidden\nhidden\n", "ops:hiddén"]
)
def test_a_login_that_is_none_stops_flower_and_is_not_shown(login_file: Path, content: str) -> None:
    login_file.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match="flower_login") as stopped:
        executed()
    assert "hidden" not in str(stopped.value)


def test_a_missing_login_stops_flower(login_file: Path) -> None:
    login_file.unlink()
    with pytest.raises(SystemExit, match="No such file"):
        executed()


def test_its_secrets_are_where_the_settings_look_for_theirs() -> None:
    assert f'os.environ.get("{SECRETS_DIR_VARIABLE}", "{DEFAULT_SECRETS_DIR}")' in text("config/flower.py")


def test_it_imports_nothing_of_ours() -> None:
    tree = ast.parse(text("config/flower.py"))
    imported: set[Any] = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"__future__", "os", "pathlib", "typing"}
