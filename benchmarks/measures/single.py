"""One release on an idle system: from the request to its result at the caller, beyond the calls themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks import work
from benchmarks.arena import Arena
from benchmarks.contestants.bare_celery import BareCelery
from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.ours import Ours
from benchmarks.reporting.arithmetic import median, percentile
from benchmarks.work import Shop
from cli.context import celery_app, services
from releases.request import parse_request

_TIMEOUT_S = 30
#: The first ones open connections.
_UNCOUNTED = 10


def measure(arena: Arena, number: int) -> dict[str, Any]:
    """Milliseconds over the three calls, which are made alone after each release."""
    return {
        "ours": _overheads(arena, Ours(1, 16), lambda shop: _ours(arena, shop), number),
        "bare Celery": _overheads(arena, BareCelery(threads=16), _bare, number),
    }


def _overheads(
    arena: Arena, contestant: Contestant, release: Callable[[Shop], None], number: int
) -> dict[str, float]:
    arena.clear()
    arena.latency(0)
    with contestant.start(arena):
        pairs = []
        for shop, other in zip(
            arena.shops(number + _UNCOUNTED), arena.shops(number + _UNCOUNTED), strict=True
        ):
            began = time.perf_counter()
            release(shop)
            between = time.perf_counter()
            _only_calls(other)
            pairs.append((between - began, time.perf_counter() - between))
    counted = pairs[_UNCOUNTED:]
    over = [(whole - calls) * 1000 for whole, calls in counted]
    return {
        "p50_ms": percentile(over, 0.5),
        "p99_ms": percentile(over, 0.99),
        "calls_ms": median([calls * 1000 for _, calls in counted]),
        "releases": number,
    }


def _ours(arena: Arena, shop: Shop) -> None:
    release = services().releases.enqueue(parse_request(arena.request(shop.appid))).release
    celery_app().AsyncResult(release.id).get(timeout=_TIMEOUT_S)


def _bare(shop: Shop) -> None:
    from benchmarks.contestants import bare_celery_app  # noqa: PLC0415 - it reads where Redis is

    bare_celery_app.release(shop).get(timeout=_TIMEOUT_S)


def _only_calls(shop: Shop) -> None:
    for step in work.STEPS:
        work.call(step, shop.appid, shop.token)
