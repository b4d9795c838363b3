"""The manual's examples for authors of orchestrators, as they stand there, but for the appid and the template."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workers import ROOT, Platform

pytestmark = pytest.mark.long

NODE_MODULES = ROOT / ".ci" / "node_modules"
RELEASED, UNKNOWN_TEMPLATE = 1, 12


def example(language: str, platform: Platform, appid: str, template_id: int) -> str:
    """All that the page has in a language, one after the other, as one program."""
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/orchestrators.md").read_text(), re.DOTALL)
    program = "\n".join(block for block in blocks if "CELERY_BROKER_OPTIONS" not in block)
    assert program.count("wx0123456789abcdef") == 1
    program = program.replace("wx0123456789abcdef", appid)
    program = re.sub(r"(template_id\W+)12", rf"\g<1>{template_id}", program)
    return f'URL = "{platform.redis_url}"\n{program}'


def said(directory: Path, name: str, program: str, *command: str) -> str:
    """What it prints; it has nothing of ours beside it."""
    (directory / name).write_text(program)
    ended = subprocess.run(
        [*command, name], cwd=directory, capture_output=True, text=True, check=False, timeout=90
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_example_in_python_prints_the_audit_id(platform: Platform, tmp_path: Path) -> None:
    appid = platform.mini_program()
    printed = said(tmp_path, "author.py", example("python", platform, appid, RELEASED), sys.executable)
    assert printed == f"submitted {platform.mini(appid)['audits'][-1]['auditid']}\n"


def test_the_example_in_python_tells_errors_apart(platform: Platform, tmp_path: Path) -> None:
    program = example("python", platform, platform.mini_program(), UNKNOWN_TEMPLATE)
    printed = said(tmp_path, "author.py", program, sys.executable)
    assert printed.startswith("stopped commit_code 85014 Take the template_id from gettemplatelist.")


@pytest.mark.skipif(
    shutil.which("node") is None or not (NODE_MODULES / "celery-node").is_dir(),
    reason="celery-node is not there: `make tools` installs it from npm",
)
@pytest.mark.parametrize(
    ("template_id", "expected"),
    [(RELEASED, r"submitted \d+\n"), (UNKNOWN_TEMPLATE, r"FAILURE ReleaseBlocked \[")],
)
def test_the_example_in_node_does_the_same(
    platform: Platform, tmp_path: Path, template_id: int, expected: str
) -> None:
    program = example("js", platform, platform.mini_program(), template_id)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    assert re.match(expected, said(tmp_path, "author.js", f"const {program}", "node"))


def test_a_message_in_the_urgent_queue_is_taken(platform: Platform, tmp_path: Path) -> None:
    appid = platform.mini_program()
    program = example("python", platform, appid, RELEASED).replace(
        'queue="releases"', 'queue="releases.urgent"'
    )
    assert said(tmp_path, "author.py", program, sys.executable).startswith("submitted ")
