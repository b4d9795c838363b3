"""A command that is refused says why, and nothing before that."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cli.conftest import Command

TABLE = "appid,template_id,user_version,user_desc\nwx0123456789abcdef,1,1.0.0,first\n"


def test_a_canary_without_a_wave_is_refused_before_anything_is_said_to_be_enqueued(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "wave.csv").write_text(TABLE, encoding="utf-8")

    refused = command("enqueue", "--file", "wave.csv", "--canary", "1", code=2)

    assert refused.stdout == ""
    (said,) = refused.stderr.splitlines()
    assert said.startswith("Nothing was enqueued: --wave: ")
    begun = command("enqueue", "--file", "wave.csv", "--canary", "1", "--wave", "w")
    assert begun.stderr.startswith("enqueueing 1 release\n")
