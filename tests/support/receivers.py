"""A receiver process, and a WeChat that pushes to it: encrypted by the simulator's own code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from cli.demo.processes import stop
from simulator.push import sealed
from simulator.push.messages import Push, outer
from tests.support import forks
from tests.support.forks import Process
from tests.support.workers import wait_for

TOKEN, KEY, PLATFORM = "push-token-of-tests", "ofTheTests" + "k" * 33, "wx00000000000000aa"
PREVIOUS_KEY = "thePrevious" + "k" * 32
SETTINGS = {
    "MPRELEASE_PLATFORM__APPID": PLATFORM,
    "MPRELEASE_PLATFORM__PUSH_TOKEN": TOKEN,
    "MPRELEASE_PLATFORM__PUSH_KEYS": f"{KEY},{PREVIOUS_KEY}",
    "MPRELEASE_LOG__FORMAT": "json",
}
_ANNOUNCEMENT = "receiver at "
_LOG_TAIL = 6000


@dataclass
class Receiver:
    """The process, its log, and how WeChat would push to it."""

    process: Process
    log: Path
    session: requests.Session

    @property
    def url(self) -> str:
        """Where it listens; empty as long as it does not."""
        lines = self.text().splitlines()
        return next((one.removeprefix(_ANNOUNCEMENT) for one in lines if one.startswith(_ANNOUNCEMENT)), "")

    def text(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")

    def is_ready(self) -> bool:
        """Whether it listens."""
        assert self.process.poll() is None, self.text()[-_LOG_TAIL:]
        return bool(self.url)

    def push(self, kind: str, appid: str = "", **fields: str) -> requests.Response:
        """Push as WeChat does."""
        return self.send(Push(kind, appid, fields), at=time.time())

    def send(self, push: Push, *, at: float, key: str = KEY, token: str = TOKEN) -> requests.Response:
        """Push with another time, key or token."""
        text = sealed.encrypted(key, PLATFORM, push.xml(PLATFORM, int(at)))
        return self.post(push.path, outer(push, PLATFORM, text), sealed.query(token, text, at=at))

    def message(self, message: bytes, path: str = "/wechat/authorization") -> requests.Response:
        """Push any message, signed and encrypted as it has to be."""
        text = sealed.encrypted(KEY, PLATFORM, message)
        body = f"<xml><Encrypt><![CDATA[{text}]]></Encrypt></xml>".encode()
        return self.post(path, body, sealed.query(TOKEN, text))

    def post(self, path: str, body: Any, query: str = "") -> requests.Response:
        """Post anything."""
        return self.session.post(f"{self.url}{path}?{query}", data=body, timeout=10)


@contextmanager
def receiver(directory: Path, environment: Mapping[str, str]) -> Iterator[Receiver]:
    """Run a receiver for the length of the block; it is ready when the block begins."""
    log = directory / f"receiver-{len(list(directory.glob('receiver-*.log')))}.log"
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        process = forks.start(
            ["receiver", "--port", "0"],
            environment={**os.environ, **SETTINGS, **environment},
            directory=directory,
            files=(nothing, output, output),
            session=True,
        )
    with requests.Session() as session:
        running = Receiver(process, log, session)
        try:
            wait_for(running.is_ready)
            yield running
        except BaseException:
            sys.stderr.write(running.text()[-_LOG_TAIL:])
            raise
        finally:
            stop(process)
