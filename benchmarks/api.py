"""The HTTP API under load, without a worker beside it: `python -m benchmarks.api [--requests N]`.

Fifty clients post in a closed loop, each as fast as it is answered; then requests come at a fixed rate, whatever the answers. Real Redis, the
real server. Prints rate, times and memory; 1 if a request failed, a release is there twice or not at all, or memory grew.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp

from cli.demo.redis import embedded_redis
from tests.support import forks
from tests.support.api import KEYS, Api, running
from tests.support.workers import ROOT

CLIENTS = 50
REQUESTS = 10_000
RATE = 100
SECONDS = 20
#: Megabytes by which the server may grow between a quarter of the requests and the end.
MOST_GROWTH = 20
_APPIDS = count(0xA0000)


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    options = parser.parse_args()
    forks.Server.is_used = False
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MPRELEASE_")}
    with tempfile.TemporaryDirectory(prefix="mprelease-api-") as directory, embedded_redis() as url:
        environment = {**inherited, "PYTHONPATH": str(ROOT), "MPRELEASE_REDIS__URL": url}
        with running(environment, Path(directory)) as api:
            return asyncio.run(_measured(api, options.requests, options.seconds))


async def _measured(api: Api, requests: int, seconds: int) -> int:
    headers = {"Authorization": f"Bearer {KEYS['operate']}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:
        grown = await _closed_loop(api, session, requests)
        slowest = await _open_loop(api, session, seconds)
        failed = slowest is None or await _number_of_releases(api, session) != requests + RATE * seconds
    return int(failed or grown > MOST_GROWTH)


async def _closed_loop(api: Api, session: aiohttp.ClientSession, requests: int) -> float:
    """Post so many; returns by how many megabytes the server grew."""
    first = requests // 4
    await _all_by(CLIENTS, api, session, first)
    before, began = _megabytes(api), time.monotonic()
    times = await _all_by(CLIENTS, api, session, requests - first)
    rate = len(times) / (time.monotonic() - began)
    after = _megabytes(api)
    _say(f"closed loop, {CLIENTS} clients: {requests} releases, {rate:.0f} a second, {_told(times)}")
    _say(f"memory of the server: {before:.0f} MB after a quarter, {after:.0f} MB at the end")
    return after - before


async def _all_by(clients: int, api: Api, session: aiohttp.ClientSession, requests: int) -> list[float]:
    left = iter(range(requests))

    async def client(left: Iterator[int]) -> list[float]:
        return [await _post(api, session) for _ in left]

    return [
        seconds for each in await asyncio.gather(*(client(left) for _ in range(clients))) for seconds in each
    ]


async def _open_loop(api: Api, session: aiohttp.ClientSession, seconds: int) -> float | None:
    """Post at a fixed rate; returns the 99th percentile in seconds."""
    began, sent = time.monotonic(), list[asyncio.Task[float]]()
    for number in range(RATE * seconds):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        sent.append(asyncio.create_task(_post(api, session)))
    times = await asyncio.gather(*sent)
    _say(f"open loop, {RATE} a second for {seconds} s: {_told(times)}")
    return quantiles(times, n=100)[98]


async def _post(api: Api, session: aiohttp.ClientSession) -> float:
    """Start one release that nobody has started; returns how long that took."""
    request = {
        "appid": f"wx{next(_APPIDS):016x}",
        "template_id": 1,
        "user_version": "1.0.0",
        "user_desc": "a load",
    }
    began = time.monotonic()
    async with session.post(f"{api.base}/releases", json=request) as answer:
        if answer.status != 201:
            raise SystemExit(f"{answer.status}: {await answer.text()}")
        await answer.read()
    return time.monotonic() - began


async def _number_of_releases(api: Api, session: aiohttp.ClientSession) -> int:
    """Through all pages."""
    found, cursor = list[str](), None
    began = time.monotonic()
    while True:
        query = {"limit": "1000", **({"cursor": cursor} if cursor else {})}
        async with session.get(f"{api.base}/releases", params=query) as answer:
            page: dict[str, Any] = await answer.json()
        found += [release["id"] for release in page["releases"]]
        cursor = page["next"]
        if cursor is None:
            break
    _say(
        f"{len(found)} releases listed in {time.monotonic() - began:.1f} s, {len(set(found))} of them different"
    )
    return len(set(found)) if len(found) == len(set(found)) else -1


def _told(times: list[float]) -> str:
    percentiles = quantiles(times, n=100)
    return f"p50 {percentiles[49] * 1000:.0f} ms, p99 {percentiles[98] * 1000:.0f} ms"


def _megabytes(api: Api) -> float:
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{api.process.pid}/status").read_text().splitlines()
    )
    return int(fields["VmRSS"].split()[0]) / 1024


def _say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
