"""`enqueue --at`: the release waits for its time, which is one of this machine's clock."""

from __future__ import annotations

import json

import pytest

from tests.integration.cli.conftest import Command

ONE = (
    *("enqueue", "--appid", "wx0123456789abcdef", "--template-id", "12"),
    *("--user-version", "1.4.2", "--user-desc", "faster"),
)


def test_it_waits_until_the_next_such_time_here_and_says_so(command: Command) -> None:
    (line,) = command(*ONE, "--at", "02:00", "--json").stdout.splitlines()

    release = json.loads(line)
    assert release["status"] == "waiting"
    assert release["next_attempt_at"].endswith("T18:00:00Z")
    assert release["wait"]["errmsg"].startswith("not to be started before ")
    assert "18:00 UTC" in command("show", release["id"]).stdout


@pytest.mark.parametrize("at", ["tonight", "1767204000"])
def test_what_is_no_time_is_refused_under_the_options_name(command: Command, at: str) -> None:
    assert f"Nothing was enqueued: --at: '{at}' is not right" in command(*ONE, "--at", at, code=2).stderr
