"""The receivers of docs/webhooks.md, run as they stand there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import pytest

from cli.demo.redis import free_port
from releases.store.outbox import Member
from releases.webhooks.endpoint import Delivery, Endpoint
from releases.webhooks.messages import Message
from tests.structure.files import text
from tests.support.receiver import KEY, SECRET
from tests.support.workers import wait_for
from wechat.http.transport import encode

COMMANDS = {"python": [sys.executable, "-c"], "js": ["node", "-e"]}


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", text("docs/webhooks.md"), re.DOTALL)
    return str(found)


@contextmanager
def running(language: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """The example as a program on its own."""
    environment = {"WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    with subprocess.Popen(
        [*COMMANDS[language], example(language)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def release(revision: int, status: str) -> Message:
    fields = {"id": "0" * 32, "status": status, "label": "商户", "revision": revision}
    return Message(Member("release", "0" * 32), revision, encode({"type": "release.changed", "data": fields}))


def wave(revision: int, state: str) -> Message:
    said = {"type": "wave.changed", "data": {"wave": "spring", "state": state, "revision": revision}}
    return Message(Member("wave", "spring"), revision, encode(said))


@pytest.mark.parametrize("language", COMMANDS)
def test_the_documented_receiver_verifies_and_keeps_the_newest_state(language: str) -> None:
    if shutil.which(COMMANDS[language][0]) is None:
        pytest.skip("node is not on PATH")
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    right, wrong = (Endpoint(url, [key], now=time.time) for key in (KEY, bytes(32)))
    late = Endpoint(url, [KEY], now=lambda: time.time() - 600)
    both = Endpoint(url, [bytes(32), KEY], now=time.time)
    with running(language, port) as process:
        wait_for(lambda: right.post(release(2, "running")).is_done)
        refused = Delivery("4xx", f"HTTP {HTTPStatus.BAD_REQUEST.value}")
        assert [one.post(release(9, "forged")) for one in (wrong, late)] == [refused, refused]
        for message in (release(1, "queued"), release(3, "submitted"), wave(1, "canary"), wave(1, "running")):
            assert both.post(message).is_done
        process.kill()
        printed = process.communicate()[0].splitlines()
    assert printed == [
        f"release.changed {'0' * 32} running",
        f"release.changed {'0' * 32} submitted",
        "wave.changed spring canary",
        "wave.changed spring running",
    ]
