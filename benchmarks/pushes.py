"""How many of WeChat's pushes one receiver takes a second: `python -m benchmarks.pushes`.

All parts are on this machine: Redis, the receiver, and the clients, whose pushes are encrypted before.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from cli.demo.redis import embedded_redis
from simulator.push import sealed
from simulator.push.messages import Push, outer
from tests.support.receivers import KEY, PLATFORM, TOKEN, receiver

CLIENTS = 8
#: In turn; a ticket is one of hundreds of pushes where audits are decided.
KINDS = (
    *("weapp_audit_success", "weapp_audit_fail", "authorized", "component_verify_ticket"),
    *("unauthorized", "text", "wxa_privacy_apply", "weapp_audit_delay"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; `p99_ms` is what a client waited."""

    pushes: int
    seconds: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Pushes a second."""
        return self.pushes / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.pushes} pushes by {CLIENTS} clients: {self.rate:.0f} a second, p99 {self.p99_ms:.0f} ms"
        )


def measure(pushes: int) -> Result:
    """Push so many, by all clients at once; fails where one is not answered with success."""
    made = [[_request(number) for number in range(pushes // CLIENTS)] for _ in range(CLIENTS)]
    with tempfile.TemporaryDirectory() as directory, embedded_redis() as url:
        environment = {"MPRELEASE_REDIS__URL": url, "MPRELEASE_REDIS__ENCRYPTION_KEYS": "0" * 43 + "="}
        with receiver(Path(directory), environment) as running, ThreadPoolExecutor(CLIENTS) as pool:
            port = int(running.url.rpartition(":")[2])
            began = time.monotonic()
            took = [one for some in pool.map(partial(_client, port), made) for one in some]
            seconds = time.monotonic() - began
    return Result(len(took), seconds, sorted(took)[len(took) * 99 // 100] * 1000)


def _request(number: int) -> tuple[str, bytes]:
    """The path with its query, and the body: encrypted before the clock runs."""
    fields = {
        "ComponentVerifyTicket": "ticket@@@" + "x" * 90,
        "AuthorizationCode": f"queryauthcode@@@{number % 50}",
    }
    push = Push(KINDS[number % len(KINDS)], f"wx{number % 500:016x}", fields)
    text = sealed.encrypted(KEY, PLATFORM, push.xml(PLATFORM, int(time.time())))
    return f"{push.path}?{sealed.query(TOKEN, text)}", outer(push, PLATFORM, text)


def _client(port: int, requests: list[tuple[str, bytes]]) -> list[float]:
    took = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as wire:
        for path, body in requests:
            began = time.monotonic()
            wire.request("POST", path, body)
            answer = wire.getresponse()
            if answer.read() != b"success":
                raise RuntimeError(f"a push was answered {answer.status}")
            took.append(time.monotonic() - began)
    return took


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=4000)
    sys.stdout.write(f"{measure(parser.parse_args().pushes)}\n")


if __name__ == "__main__":
    main()
