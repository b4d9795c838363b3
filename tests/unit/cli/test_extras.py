"""An installation without extras says which one a command needs."""

import subprocess
import sys

import pytest

from tests.structure.files import ROOT

#: As if the package were not installed.
WITHOUT = "import sys; sys.modules['aiohttp'] = None; sys.argv[1:] = sys.argv[2:]; "
CLI = WITHOUT + "import cli; cli.main()"
SIMULATOR = WITHOUT + "import runpy; runpy.run_module('simulator', run_name='__main__')"


@pytest.mark.parametrize(
    ("program", "arguments"),
    [(CLI, ["demo"]), (CLI, ["simulator"]), (CLI, ["simulator", "--describe"]), (SIMULATOR, ["--port", "0"])],
)
def test_a_command_names_the_extra_that_it_needs(program: str, arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", program, "-", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "aiohttp" in ended.stderr
    assert "pip install '.[demo]'" in ended.stderr


@pytest.mark.parametrize("command", ["receiver", "demo"])
def test_what_serves_http_is_an_extra_as_well(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CLI.replace("aiohttp", "fastapi"), "-", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "pip install '.[web]'" in ended.stderr
