"""Where all contestants run: one Redis and one simulator, cleared before each of them comes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import redis

from benchmarks import work
from benchmarks.work import Shop
from db.database import Database
from simulator.world.little_world import TICKET
from tests.support import forks
from tests.support.workers import DOMAINS, Platform, platform
from wechat.tokens.store import TokenStore, token_key

#: Of a release that is waited for; in seconds.
PATIENCE_S = 120.0
_POLL_S = 0.02
#: What follows a submission (records, results, acknowledgements) is done after so many seconds.
SETTLE_S = 0.5
_TOKEN_LIFETIME_MS = 7_000_000
#: The tests turn these down so that nothing waits long; here they are what the product has by default.
SETTINGS = {
    "MPRELEASE_WECHAT__READ_TIMEOUT_S": "60",
    "MPRELEASE_RETRY__WAIT_INITIAL_S": "2",
    "MPRELEASE_RETRY__WAIT_MAX_S": "300",
    "MPRELEASE_RETRY__SCAN_WAIT_S": "60",
    "MPRELEASE_RETRY__SLOW_DOWN_S": "60",
    "MPRELEASE_WORKER__STEP_DEADLINE_S": "140",
}


class TooSlow(RuntimeError):
    """Not all releases were submitted in time: something is broken."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """How many submissions took effect, and when the last one did (seconds since the epoch)."""

    number: int
    at: float


@dataclass
class Arena:
    """The platform that all contestants release on."""

    platform: Platform
    client: redis.Redis
    logs: Path
    _numbers: Iterator[int]

    def clear(self) -> None:
        """As at the beginning: an empty Redis, and a WeChat that knows no Mini Program of ours."""
        self.client.flushall()
        self.platform.sim("POST", "reset")
        TokenStore(Database(self.client), self.platform.seal()).put_ticket(TICKET)

    def latency(self, ms: float) -> None:
        """How long each call takes from now on."""
        self.platform.sim("POST", "platform", {"latency_ms": ms})

    def shops(self, number: int, *, domains: bool = True, tokens: bool = True) -> list[Shop]:
        """So many new Mini Programs, whose domains are there and whose access tokens have been fetched."""
        appids = [f"wx{next(self._numbers):016x}" for _ in range(number)]
        refresh_tokens = {appid: f"refreshtoken@@@{appid}" for appid in appids}
        self.platform.sim(
            "POST",
            "miniprograms",
            [
                {"appid": appid, "refresh_token": token, "domains": DOMAINS if domains else {}}
                for appid, token in refresh_tokens.items()
            ],
        )
        TokenStore(Database(self.client), self.platform.seal()).put_refresh_tokens(refresh_tokens)
        if not tokens:
            return [Shop(appid, "") for appid in appids]
        issued: dict[str, str] = self.platform.sim("POST", "tokens/issue", {"appids": appids})
        with self.client.pipeline(transaction=False) as pipe:
            for appid, token in issued.items():
                document = json.dumps({"token": token, "refresh_below_ms": 0})
                pipe.set(token_key(appid), document, px=_TOKEN_LIFETIME_MS)
            pipe.execute()
        return [Shop(appid, token) for appid, token in issued.items()]

    def request(self, appid: str, **fields: Any) -> dict[str, Any]:
        """The request of a release that makes the calls of `work`."""
        return {
            "appid": appid,
            "template_id": work.TEMPLATE_ID,
            "user_version": work.USER_VERSION,
            "user_desc": work.USER_DESC,
            "ext": work.ext(appid),
            **fields,
        }

    def submitted(self) -> Submitted:
        """What has been submitted so far."""
        told = self.platform.sim("GET", "progress").get("submit_audit", {"count": 0, "at": 0.0})
        return Submitted(int(told["count"]), told["at"])

    def wait_for(self, number: int, patience_s: float = PATIENCE_S) -> Submitted:
        """Wait until so many have been submitted in all."""
        deadline = time.monotonic() + patience_s
        while True:
            submitted = self.submitted()
            if submitted.number >= number:
                return submitted
            if time.monotonic() > deadline:
                raise TooSlow(f"{submitted.number} of {number} were submitted within {patience_s:g} s")
            time.sleep(_POLL_S)


@contextmanager
def arena(directory: Path) -> Iterator[Arena]:
    """Run Redis and the simulator for the length of the block; this process is set up for them as well."""
    # Apart from each other: the first is the workers' directory of secrets, which must not be a large one.
    home, logs = directory / "platform", directory / "logs"
    for folder in (home, logs):
        folder.mkdir()
    forks.Server.is_used = False
    with platform(home, "--scan-s", "0", settings=SETTINGS) as made, made.redis() as client:
        made.environment[work.WECHAT_URL] = made.wechat_url
        made.environment[work.REDIS_URL] = made.redis_url
        os.environ.update(made.environment)
        yield Arena(made, client, logs, count(0xBE0000))
