"""The demo's operator: runs the commands that an operator would run, on the demo's Redis and WeChat and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.sources import PREFIX

#: Made-up credentials of the simulator's little world.
_APPID = "wx00000000000000aa"
_APPSECRET = "simulated-appsecret-0123456789ab"
_PUSH_TOKEN, _PUSH_KEY = "simulated-push-token", "simulatedEncodingAESKey" + 20 * "0"
#: A pushed result is read within 15 s; twice as long is given on a busy machine.
_PATIENCE_S = 30.0


class DemoFailed(Exception):
    """Something did not go as it should."""


def expect(condition: bool, otherwise: str) -> None:
    """Raise DemoFailed where the condition does not hold."""
    if not condition:
        raise DemoFailed(otherwise)


class Operator:
    """Runs commands; their messages and progress show."""

    def __init__(
        self, directory: Path, redis_url: str, wechat_url: str, domains: Mapping[str, list[str]]
    ) -> None:
        self._directory = directory
        # The demo must not reach a Redis or a WeChat that happens to be configured on this machine.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self.environment = {
            **inherited,
            "MPRELEASE_SECRETS_DIR": str(directory),
            "MPRELEASE_REDIS__URL": redis_url,
            "MPRELEASE_WECHAT__API_URL": wechat_url,
            "MPRELEASE_PLATFORM__APPID": _APPID,
            "MPRELEASE_PLATFORM__APPSECRET": _APPSECRET,
            "MPRELEASE_PLATFORM__PUSH_TOKEN": _PUSH_TOKEN,
            "MPRELEASE_PLATFORM__PUSH_KEYS": _PUSH_KEY,
            "MPRELEASE_RETRY__WAIT_INITIAL_S": "0.5",
            "MPRELEASE_RETRY__SCAN_WAIT_S": "1",
            "MPRELEASE_LOG__FORMAT": "text",  # its end is shown to a person when something goes wrong
            "NO_PROXY": "127.0.0.1",
            **{f"MPRELEASE_DOMAINS__{name.upper()}": json.dumps(value) for name, value in domains.items()},
        }

    def authorize(self, refresh_tokens: Mapping[str, str]) -> None:
        """Store the refresh tokens of Mini Programs."""
        lines = [json.dumps({"appid": appid, "refresh_token": one}) for appid, one in refresh_tokens.items()]
        self.run("authorize", "--file", "-", stdin="\n".join(lines))

    def enqueue(self, requests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Enqueue a file of requests and follow them; one of them gets blocked, so the command ends 1."""
        path = self._directory / "wave.jsonl"
        path.write_text("\n".join(json.dumps(request) for request in requests))
        return self.documents("enqueue", "--file", str(path), "--wait", codes=(1,))

    def documents(self, *arguments: str, codes: Sequence[int] = (0,)) -> list[dict[str, Any]]:
        """Run a command with --json; returns what it prints."""
        printed = self.run(*arguments, "--json", codes=codes)
        return [json.loads(line) for line in printed.splitlines()]

    def wait_for(self, wanted: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """Wait until the releases of these Mini Programs have these statuses; returns them by appid."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            found = {one["appid"]: one for one in self.documents("list")}
            stand = {appid: str(found[appid]["status"]) for appid in wanted}
            if stand == wanted:
                return found
            expect(time.monotonic() < deadline, f"within {_PATIENCE_S:.0f} s: {stand}")

    def run(self, *arguments: str, stdin: str = "", codes: Sequence[int] = (0,)) -> str:
        """Run a command; returns its document."""
        ended = self._run(*arguments, input=stdin, stdout=subprocess.PIPE, text=True)
        expect(ended.returncode in codes, f"`mprelease {arguments[0]}` ended {ended.returncode}")
        return str(ended.stdout)

    def show(self, *arguments: str) -> None:
        """Run a command whose output is for people."""
        expect(self._run(*arguments).returncode == 0, f"`mprelease {arguments[0]}` failed")

    def _run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
        return subprocess.run(  # noqa: S603 - our own command line
            [sys.executable, "-P", "-m", "worker", *arguments],
            env=self.environment,
            cwd=self._directory,
            check=False,
            **options,
        )
