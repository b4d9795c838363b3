"""The page under load, without a worker beside it: `python -m benchmarks.page [--releases N] [--viewers N]`.

One wave of ten thousand releases, 1,200 of them blocked for twelve causes, among sixty waves. Real Redis, filled as the product writes it; the real
server. Prints how long screens take; then, while many look at the wave and it changes, what that asks of Redis and how late the last of
them sees a change. 1 if a screen takes longer than it may, or a change was not seen by all.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
import redis
import requests

from benchmarks.watched import say
from cli.demo.redis import embedded_redis
from db.database import Database
from releases.record import Release
from releases.states import Status, Step
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import sent
from releases.store.records import ReleaseStore
from tests.support.api import Api, running
from tests.support.examples import a_problem, a_release, a_request
from tests.support.workers import ROOT

WAVE, WAVES = "ten-thousand", 60
RELEASES, BLOCKED, CAUSES = 10_000, 1200, 12
VIEWERS, CHANGES = 50, 10
REQUESTS = 60
#: Seconds that a screen of the wave may take, in the median.
MOST_S = 0.2
HEADERS = {"X-Forwarded-User": "viewer"}
_AT_ONCE = 500
_SETTINGS = {
    "MPRELEASE_WEB__PROXY_USER_HEADER": "X-Forwarded-User",
    "MPRELEASE_WEB__TRUSTED_PROXIES": "127.0.0.1",
}


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--releases", type=int, default=RELEASES)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    options = parser.parse_args()
    with served() as (api, client):
        store = ReleaseStore(Database(client))
        began = time.monotonic()
        _fill(store, options.releases)
        say(f"{options.releases} releases of one wave written in {time.monotonic() - began:.0f} s")
        paths = (
            f"/wave?name={WAVE}",
            "/",
            f"/releases?wave={WAVE}",
            f"/releases?wave={WAVE}&status=blocked&errcode=85000",
        )
        slow = [path for path in paths if _median_s(api, path) > MOST_S]
        changing = next(store.find(wave=WAVE, status=Status.BLOCKED)).id

        def change(number: int) -> None:
            _change(store, changing, _blocked(0) if number % 2 else _SUBMITTED)

        slow += [path for path in paths[:1] if _median_s(api, path, change) > MOST_S]
        one = asyncio.run(_watched(api, client, store, 1))
        many = asyncio.run(_watched(api, client, store, options.viewers))
    return int(bool(slow) or not (one and many))


@contextmanager
def served(**settings: str) -> Iterator[tuple[Api, "redis.Redis"]]:
    """The server with an empty Redis, and the page open for `HEADERS`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MPRELEASE_")}
    with tempfile.TemporaryDirectory(prefix="mprelease-page-") as directory, embedded_redis() as url:
        environment = {
            **inherited,
            **_SETTINGS,
            **settings,
            "PYTHONPATH": str(ROOT),
            "MPRELEASE_REDIS__URL": url,
        }
        with (
            running(environment, Path(directory)) as api,
            redis.Redis.from_url(url, decode_responses=True) as client,
        ):
            yield api, client


def _fill(store: ReleaseStore, number: int) -> None:
    """The waves; of the large one the first are blocked, and the others under audit."""
    waves = [WAVE] * number + [f"wave-{n}" for n in range(1, WAVES)]
    releases = [a_release(a_request(appid=f"wx{n:016x}", wave=wave)) for n, wave in enumerate(waves)]
    for start in range(0, len(releases), _AT_ONCE):
        page = releases[start : start + _AT_ONCE]
        store.create_all([Creation(one, Known(None, None), sent(one, one.created_at)) for one in page])
    for n, release in enumerate(releases):
        _change(store, release.id, _blocked(n) if n < BLOCKED * number // RELEASES else _SUBMITTED)


_SUBMITTED: dict[str, Any] = {
    "status": Status.SUBMITTED,
    "step": Step.SUBMIT_AUDIT,
    "auditid": 1,
    "block": None,
}


def _blocked(n: int) -> dict[str, Any]:
    return {"status": Status.BLOCKED, "block": a_problem(errcode=85000 + n % CAUSES)}


def _change(store: ReleaseStore, release_id: str, fields: dict[str, Any]) -> Release:
    before = store.get(release_id)
    assert before is not None
    after = before.release.changed("as the benchmark has it", before.release.created_at, **fields)
    return store.save(before, after).release


def _median_s(api: Api, path: str, before: Callable[[int], object] | None = None) -> float:
    with requests.Session() as session:
        session.headers.update(HEADERS)
        times = list[float]()
        for number in range(REQUESTS):
            if before is not None:
                before(number)
            began = time.monotonic()
            answer = session.get(f"{api.url}{path}", timeout=30)
            times.append(time.monotonic() - began)
    told = f"median {median(times) * 1000:.0f} ms, p95 {quantiles(times, n=20)[18] * 1000:.0f} ms"
    say(
        f"{path}{' after a change each' if before else ''}: {answer.status_code}, {len(answer.content) / 1024:.0f} KB, {told}"
    )
    return median(times) if answer.status_code == requests.codes.ok else MOST_S * 2


async def _watched(api: Api, client: "redis.Redis", store: ReleaseStore, viewers: int) -> bool:
    """Have so many look while releases change; whether all saw each change."""
    blocked = [one.id for one in store.find(wave=WAVE, status=Status.BLOCKED)]
    seen = [_Seen() for _ in range(viewers)]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=HEADERS, connector=connector) as session:
        streams = [asyncio.create_task(one.read(session, api)) for one in seen]
        await asyncio.gather(*(one.wait(len(blocked)) for one in seen))
        late, before, began = list[float](), _asked(client), time.monotonic()
        for number, release_id in enumerate(blocked[:CHANGES], 1):
            await asyncio.to_thread(_change, store, release_id, _SUBMITTED)
            changed = time.monotonic()
            await asyncio.gather(*(one.wait(len(blocked) - number) for one in seen))
            late.append(time.monotonic() - changed)
        seconds = time.monotonic() - began
        asked = [after - earlier for after, earlier in zip(_asked(client), before, strict=True)]
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    say(
        f"{viewers} viewers: the wave was looked at {asked[0] / seconds:.1f} times a second with {asked[1] / seconds:.0f} commands a second to Redis in all; "
        f"from a change to the last viewer median {median(late):.2f} s, at the most {max(late):.2f} s"
    )
    return True


def _asked(client: "redis.Redis") -> tuple[float, float]:
    """How often the counts of a wave were read (both halves at each look), and all commands that were sent."""
    stats: Any = client.info("commandstats")
    # Of these a look has two; each change of the benchmark has none.
    return stats["cmdstat_hgetall"]["calls"] / 2, sum(one["calls"] for one in stats.values())


class _Seen:
    """How many blocked releases one viewer was told of last."""

    def __init__(self) -> None:
        self._blocked = -1
        self._changed = asyncio.Event()

    async def read(self, session: aiohttp.ClientSession, api: Api) -> None:
        """Follow the stream."""
        async with session.get(
            f"{api.url}/live", params={"screen": "wave", "name": WAVE}, timeout=aiohttp.ClientTimeout(600)
        ) as answer:
            assert answer.status == requests.codes.ok, await answer.text()
            async for line in answer.content:
                found = re.search(rb'status-blocked">blocked</span> <strong>(\d+)<', line)
                if found:
                    self._blocked = int(found[1])
                    self._changed.set()

    async def wait(self, blocked: int) -> None:
        """Until it was told of so many."""
        async with asyncio.timeout(60):
            while self._blocked != blocked:
                self._changed.clear()
                await self._changed.wait()


if __name__ == "__main__":
    sys.exit(main())
