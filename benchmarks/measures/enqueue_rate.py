"""How many releases one process can enqueue in a second, with no worker at work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from celery import Celery

from benchmarks.arena import Arena
from benchmarks.contestants import ours

RELEASES = 10_000
#: Messages are slower than a file.
MESSAGES = 2000


def measure(arena: Arena) -> dict[str, float]:
    """Releases a second: the command with a file, the library, messages, and for comparison bare Celery's chains."""
    return {
        "command": _rate(arena, RELEASES, lambda shops: _command(arena, shops)),
        "library": _rate(arena, RELEASES, lambda shops: ours.release(arena, shops, "library")),
        "messages": _rate(arena, MESSAGES, lambda shops: _messages(arena, shops)),
        "bare Celery": _rate(arena, MESSAGES, _chains),
    }


def _rate(arena: Arena, number: int, enqueue: Callable[[list[Any]], object]) -> float:
    arena.clear()
    shops = arena.shops(number)
    began = time.monotonic()
    enqueue(shops)
    return number / (time.monotonic() - began)


def _command(arena: Arena, shops: list[Any]) -> None:
    path = arena.logs / "wave.jsonl"
    path.write_text("\n".join(json.dumps(arena.request(shop.appid, wave="command")) for shop in shops))
    arena.platform.run("enqueue", "--file", str(path))


def _messages(arena: Arena, shops: list[Any]) -> None:
    """As an orchestrator does that shares no code with us."""
    with Celery(broker=arena.platform.redis_url, set_as_current=False) as app:
        for shop in shops:
            app.send_task("tasks.start_release", kwargs=arena.request(shop.appid), queue="releases")


def _chains(shops: list[Any]) -> None:
    from benchmarks.contestants import bare_celery_app  # noqa: PLC0415 - it reads where Redis is

    bare_celery_app.enqueue(shops)
