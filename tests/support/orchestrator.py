"""An orchestrator as a process of its own, that has nothing but Celery and the Redis URL."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Orchestrator:
    """Asks by name, and waits for each answer."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, task: str, argument: object, *queue: str) -> dict[str, Any]:
        """Run a task, or wait for the "result" of a release; see bare_client.py."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([task, argument, *queue]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def start(self, **request: Any) -> str:
        """Start a release; returns its id."""
        started = self.ask("tasks.start_release", request)["value"]
        assert set(started) == {"release_id", "created"}
        assert started["created"] is True
        return str(started["release_id"])


@contextmanager
def orchestrator_of(redis_url: str, directory: Path) -> Iterator[Orchestrator]:
    """Run one for the length of the block."""
    command = [sys.executable, str(Path(__file__).parents[1] / "e2e" / "bare_client.py"), redis_url]
    with subprocess.Popen(
        command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Orchestrator(process)
