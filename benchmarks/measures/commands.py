"""Redis commands per release, and whose they are: ours or Celery's. Counted by MONITOR."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis

from benchmarks.arena import SETTLE_S, Arena
from benchmarks.contestants.contestant import Contestant
from benchmarks.measures import redis_costs

#: Releases that are watched.
RELEASES = 100
_END = "the end of what is watched"
#: Our keys. The queues are Celery's: `releases` and `releases.urgent`, without a colon.
_OUR_KEYS = re.compile(r"(?:^|\s)(?:release|releases|lease|wechat|mini-program|platform|waves?|rate):")


@dataclass(frozen=True, slots=True)
class Seen:
    """A command that Redis ran: from which connection it came (`lua` inside a script), and its text."""

    connection: str
    text: str


def count(arena: Arena, contestant: Contestant) -> dict[str, Any]:
    """Commands per release of one contestant, what they were, and the bytes that stay in Redis."""
    arena.clear()
    arena.latency(0)
    with contestant.start(arena) as running:
        warm = arena.shops(2 * contestant.at_once)
        running.enqueue(warm)
        arena.wait_for(len(warm))
        shops = arena.shops(RELEASES)
        kept = redis_costs.kept_bytes(arena.client)
        with _watched(arena) as seen:
            running.enqueue(shops)
            arena.wait_for(len(warm) + len(shops))
            time.sleep(SETTLE_S)
        return {
            "sent": {who: _per_release(texts) for who, texts in sort_out(seen()).items()},
            "kept_bytes": (redis_costs.kept_bytes(arena.client) - kept) / RELEASES,
        }


def sort_out(seen: Iterable[Seen]) -> dict[str, list[str]]:
    """The commands by who sent them: `ours`, `celery`, or `scripts` for those that our scripts ran inside Redis.

    A connection belongs to one of the two: it is ours if one of our keys was ever used on it.
    """
    by_connection: dict[str, list[str]] = defaultdict(list)
    for one in seen:
        by_connection[one.connection].append(one.text)
    scripts = by_connection.pop("lua", [])
    sorted_out: dict[str, list[str]] = {"ours": [], "celery": [], "scripts": scripts}
    for texts in by_connection.values():
        sorted_out["ours" if any(_OUR_KEYS.search(text) for text in texts) else "celery"] += texts
    return sorted_out


def _per_release(texts: list[str]) -> dict[str, Any]:
    names = Counter(text.split(" ", 1)[0].upper() for text in texts)
    return {
        "all": len(texts) / RELEASES,
        "commands": {name: number / RELEASES for name, number in names.most_common(15)},
    }


@contextmanager
def _watched(arena: Arena) -> Iterator[Callable[[], list[Seen]]]:
    """What Redis runs during the block; to be asked for afterwards."""
    seen: list[Seen] = []
    ready = threading.Event()

    def listen() -> None:
        with (
            redis.Redis.from_url(arena.platform.redis_url, decode_responses=True) as client,
            client.monitor() as monitor,
        ):
            ready.set()
            for heard in monitor.listen():
                if _END in heard["command"]:
                    return
                from_script = heard["client_type"] == "lua"
                where = "lua" if from_script else f"{heard['client_address']}:{heard['client_port']}"
                seen.append(Seen(where, heard["command"]))

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    ready.wait(10)
    yield lambda: seen
    arena.client.echo(_END)
    thread.join(10)
