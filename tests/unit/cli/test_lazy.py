"""Commands are imported when they run, and what they do not need is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import COMMANDS, _Commands
from cli.lazy import LazyCommand

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def commands() -> dict[str, LazyCommand]:
    made = _Commands(name="mprelease").commands.items()
    return {name: command for name, command in made if isinstance(command, LazyCommand)}


def test_the_help_of_all_commands_says_what_each_says_of_itself(commands: dict[str, LazyCommand]) -> None:
    assert len(commands) == len(COMMANDS)
    for name, command in commands.items():
        said = " ".join(str(command.real().help).split())
        assert said.startswith(str(command.help).rstrip(".")), name


@pytest.mark.parametrize(
    ("typed", "not_needed"),
    [
        ("--version", ("redis", "requests", "celery", "pydantic_settings", "cli.printing")),
        ("--help", ("redis", "requests", "celery", "pydantic_settings", "cli.printing")),
        ("errcodes 85017", ("redis", "requests", "celery", "pydantic_settings", "cli.printing")),
        (
            "show --help",
            (
                "requests",
                "celery",
                "prometheus_client",
                "structlog",
                "cryptography.fernet",
                "rich.progress",
                "releases.request",
                "releases.store.creations",
                "releases.waves.report",
                "wechat.errcodes.chinese.code",
            ),
        ),
    ],
)
def test_what_a_command_does_not_need_is_not_imported(typed: str, not_needed: tuple[str, ...]) -> None:
    code = (
        "import sys, cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code\n"
        f"print(*sorted(set({not_needed!r}) & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *typed.split()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout
    assert ran.stderr.strip() == ""


@pytest.mark.parametrize("command", ["", "enqueue", "platform domains"])
def test_h_is_short_for_help(command: str) -> None:
    short, long = (
        subprocess.run(
            [sys.executable, "-m", "worker", *command.split(), option],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for option in ("-h", "--help")
    )
    assert short == long
    assert "Usage: " in short


@pytest.mark.parametrize(("typed", "completed"), [("enq", "enqueue"), ("list --errc", "--errcode")])
def test_a_shell_is_told_how_to_complete(typed: str, completed: str) -> None:
    asked = {
        "_MPRELEASE_COMPLETE": "complete_bash",
        "COMP_WORDS": f"mprelease {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    ran = subprocess.run(
        [Path(sys.executable).with_name("mprelease")],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [completed]


def test_the_collector_rests_while_a_command_is_imported_and_works_again_without_what_imports_made() -> None:
    code = (
        "import gc, sys\n"
        "during = []\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name in {'typer', 'redis'}: during.append((gc.isenabled(), gc.get_freeze_count() > 10_000))\n"
        "sys.meta_path.insert(0, Finder())\n"
        "import cli\n"
        "during.append((gc.isenabled(), gc.get_freeze_count() > 10_000))\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print(*during, (gc.isenabled(), gc.get_freeze_count() > 50_000), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "show", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stderr.strip() == "(False, False) (True, True) (False, True) (True, True)"
