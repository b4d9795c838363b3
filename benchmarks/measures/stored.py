"""What a release costs on top of ten thousand and a hundred thousand stored ones, and how long looking takes."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from benchmarks.arena import SETTLE_S, Arena
from benchmarks.contestants.contestant import Running
from benchmarks.contestants.ours import Ours
from benchmarks.measures import redis_costs
from benchmarks.measures.process_tree import cpu_s
from benchmarks.reporting.arithmetic import median
from cli.context import services
from config.loading import load_settings
from db.database import Database
from releases.record import Progress, Release
from releases.request import parse_request
from releases.states import Status, Step
from releases.store.creations import Creation
from releases.store.known import Known
from releases.store.places import fed
from releases.store.records import ReleaseStore
from tests.support.workers import Platform
from worker.redis_client import connect

RELEASES = 1000
STORED = (0, 10_000, 100_000)
#: Stored releases are of waves of so many.
_WAVE = 10_000
_PAGE = 500
_PROCESSES = 2
_WAVES, _LOOKS, _COMMANDS = 3, 25, 3


def measure(arena: Arena, amounts: Sequence[int], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row for each amount of releases that are stored already."""
    arena.clear()
    rows: list[dict[str, Any]] = []
    there = 0
    for amount in amounts:
        began = time.monotonic()
        fill(arena, there, amount)
        say(f"{amount} releases stored, {time.monotonic() - began:.0f} s")
        rows.append({"stored": amount, **_release(arena, amount), **_look(arena, f"on-{amount}-0")})
        there = amount
    return rows


def fill(arena: Arena, begin: int, end: int) -> None:
    """Store submitted releases by the store's own code: each is created, and saved once as submitted."""
    pages = [(start, min(start + _PAGE, end)) for start in range(begin, end, _PAGE)]
    # Spawned: this process has threads and connections.
    with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
        for _ in pool.imap_unordered(_fill_page, [(arena.request("wx" + "0" * 16), *page) for page in pages]):
            pass


def _fill_page(task: tuple[dict[str, Any], int, int]) -> None:
    request, begin, end = task
    with connect(load_settings().redis, 2) as client:
        store = ReleaseStore(Database(client))
        releases = [_queued(request, number) for number in range(begin, end)]
        nothing = Known(None, None)
        if not store.create_all([Creation(release, nothing, fed(release)) for release in releases]):
            raise RuntimeError("somebody else is at work on this Redis")
        for stored in store.get_many([release.id for release in releases]):
            assert stored is not None
            store.save(stored, _submitted(stored.release))


def _queued(request: dict[str, Any], number: int) -> Release:
    fields = {**request, "appid": f"wx5{number:015x}", "wave": f"stored-{number // _WAVE}"}
    return Release.of(parse_request(fields), datetime.now(UTC))


def _submitted(release: Release) -> Release:
    """With the history of a release that went well."""
    for step in Step:
        release = release.model_copy(update={"step": step}).changed(f"{step} was done", datetime.now(UTC))
    return release.model_copy(
        update={
            "status": Status.SUBMITTED,
            "auditid": 2**53 + 1,
            "attempts": dict.fromkeys(map(str, Step), 1),
            "progress": Progress(),
        }
    )


def _release(arena: Arena, amount: int) -> dict[str, float]:
    """Waves of a thousand, one after the other on one worker: the median of each figure."""
    arena.latency(0)
    contestant = Ours(1, 32)
    with contestant.start(arena) as running:
        begun = arena.submitted().number
        warm = arena.shops(2 * contestant.at_once)
        running.enqueue(warm)
        arena.wait_for(begun + len(warm))
        runs = [_wave(arena, running, f"on-{amount}-{number}") for number in range(_WAVES)]
    return {name: median([run[name] for run in runs]) for name in runs[0]}


def _wave(arena: Arena, running: Running, wave: str) -> dict[str, float]:
    shops = arena.shops(RELEASES)
    requests = [parse_request(arena.request(shop.appid, wave=wave)) for shop in shops]
    begun = arena.submitted().number
    cpu, costs = cpu_s(running.pids), redis_costs.look(arena.client)
    began = time.time()
    services().batch.enqueue(requests)
    ended = arena.wait_for(begun + RELEASES)
    time.sleep(SETTLE_S)
    spent = redis_costs.look(arena.client) - costs
    return {
        "releases_per_s": RELEASES / (ended.at - began),
        "cpu_ms": (cpu_s(running.pids) - cpu) * 1000 / RELEASES,
        "redis_cpu_ms": spent.cpu_s * 1000 / RELEASES,
        "commands": spent.commands / RELEASES,
    }


def _look(arena: Arena, wave: str) -> dict[str, float]:
    """Milliseconds of the library's calls and of the commands, the medians of some."""
    store = services().store
    some = next(iter(store.find(wave=wave)))
    looks: dict[str, tuple[Callable[[], object], list[str]]] = {
        "list --wave": (lambda: list(store.find(wave=wave)), ["list", "--wave", wave]),
        "list --appid": (lambda: list(store.find(appid=some.appid)), ["list", "--appid", some.appid]),
        "wave": (lambda: services().wave_reports.of(wave), ["wave", wave]),
        "show": (lambda: services().reader.get(some.id), ["show", some.id]),
    }
    return dict(_times(arena.platform, looks))


def _times(
    platform: Platform, looks: dict[str, tuple[Callable[[], object], list[str]]]
) -> Iterator[tuple[str, float]]:
    for name, (call, command) in looks.items():
        yield f"{name} ms", _median_ms(call, _LOOKS)
        yield f"mprelease {name} ms", _median_ms(partial(platform.run, *command), _COMMANDS)


def _median_ms(call: Callable[[], object], number: int) -> float:
    times = []
    for _ in range(number):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)
