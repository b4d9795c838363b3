"""`make demo`: the first thing that anybody sees. It checks each line of its story against the simulator by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.demo.story import PLAIN, SHAKY, THERE, UNREGISTERED

#: It takes half a minute on a machine that does nothing else.
PATIENCE_S = 180.0


@pytest.mark.long
def test_the_demo_brings_four_mini_programs_to_live(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "worker", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert ended.returncode == 0, ended.stderr
    listed = {line.split()[1]: line.split()[3] for line in ended.stdout.splitlines()}
    assert listed == dict.fromkeys((PLAIN, THERE, UNREGISTERED, SHAKY), "live")
    for said in (
        "three audits pass, one is rejected",
        "页面 pages/order 无法打开",
        "would drop these domains",
    ):
        assert said in ended.stderr
