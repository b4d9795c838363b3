"""A platform that is watched: Flower and the exporter beside a worker that does some releases of every kind."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import redis
import requests

from cli.demo.processes import stop
from releases.store import keys
from releases.store.places import Lane
from tests.support.flower import LOGIN, Flower
from tests.support.flower import running as running_flower
from tests.support.promql import Sample, samples
from tests.support.workers import Platform, wait_for

WAVE = "spring-sale"
UNREGISTERED = "https://pay.example.com"


@dataclass
class Watched:
    """The platform, what watches it, and its releases: submitted, shaky, blocked and waiting."""

    platform: Platform
    flower: Flower
    metrics_url: str
    releases: Mapping[str, dict[str, Any]]

    def metrics(self) -> list[Sample]:
        """What the exporter tells."""
        return samples(requests.get(f"{self.metrics_url}/metrics", timeout=10).text)

    def flower_metrics(self) -> list[Sample]:
        """What Flower tells Prometheus."""
        return samples(requests.get(f"{self.flower.url}/metrics", timeout=10).text)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """The tasks as Flower's API shows them, by id."""
        answer = requests.get(f"{self.flower.url}/api/tasks", auth=LOGIN, timeout=10)
        tasks: dict[str, dict[str, Any]] = answer.json()
        return tasks

    def states(self) -> set[str]:
        """The states of the tasks."""
        return {task["state"] for task in self.tasks().values()}


@contextmanager
def exporter(environment: Mapping[str, str]) -> Iterator[str]:
    """Run `mprelease metrics`; yields its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", "metrics", "--port", "0"],
        env=dict(environment),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline() if process.stderr else ""
        assert line.startswith("metrics at http://127.0.0.1:"), line
        yield line.split()[-1].removesuffix("/metrics")
    finally:
        stop(process)
        if process.stderr:
            process.stderr.close()


@contextmanager
def watched(platform: Platform) -> Iterator[Watched]:
    """Watch a platform, and let its worker do the releases."""
    # This wait outlasts the tests.
    slow = {"MPRELEASE_RETRY__SLOW_DOWN_S": "600"}
    with (
        running_flower(platform.directory, platform.redis_url) as flower,
        platform.worker(**slow),
        ExitStack() as stack,
    ):
        releases = _released(platform)
        # Now that there is a Mini Program to ask WeChat with.
        url = stack.enter_context(exporter(platform.environment))
        _look_at_audits(platform)
        world = Watched(platform, flower, url, releases)
        wait_for(lambda: not world.states() & {"PENDING", "RECEIVED", "STARTED"}, patience_s=20)
        yield world


def _look_at_audits(platform: Platform) -> None:
    """As if ten minutes had passed: workers look at what is under audit, and find nothing new."""
    with redis.Redis.from_url(platform.redis_url, decode_responses=True) as client:
        for release_id in client.zrange(keys.due(Lane.LOOKS), 0, -1):
            client.zadd(keys.due(Lane.LOOKS), {release_id: 0}, xx=True)
    wait_for(
        lambda: all(
            one["review"]["checked_at"] for one in platform.documents("list", "--status", "submitted")
        )
    )


def _released(platform: Platform) -> dict[str, dict[str, Any]]:
    kinds = ("submitted", "shaky", "blocked", "waiting")
    appids = {kind: platform.mini_program() for kind in kinds}
    platform.fault(appids["shaky"], "commit", "errcode", errcode=-1, times=2)
    platform.fault(appids["waiting"], "commit", "errcode", errcode=45011, times=-1)
    platform.fault(appids["blocked"], "modify_domain", "errcode", errcode=85018, action="add", times=-1)
    domains = {"requestdomain": ["https://api.example.com", UNREGISTERED]}
    requests_ = [
        platform.request(appid, wave=WAVE, **({"domains": domains} if kind == "blocked" else {}))
        for kind, appid in appids.items()
    ]
    platform.enqueue_only(*requests_)
    kind_of = {appid: kind for kind, appid in appids.items()}

    def ended() -> dict[str, dict[str, Any]] | None:
        found = {kind_of[one["appid"]]: one for one in platform.documents("list", "--wave", WAVE)}
        return found if {kind: found[kind]["status"] for kind in kinds} == expected else None

    expected = dict(zip(kinds, ("submitted", "submitted", "blocked", "waiting"), strict=True))
    return wait_for(ended)
