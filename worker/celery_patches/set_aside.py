"""What was on the queue and is no message of ours: kept as it was, newest first, until a person has looked at it.

One entry is a JSON object: `at` (UTC, ISO 8601), `why`, and `item`, the bytes that were on the queue as a text
(what is no UTF-8 in them as lone surrogates, so that nothing is lost).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from releases.store.keys import SET_ASIDE

#: So many are kept, the newest.
KEPT = 1000


class NotOurs(Exception):
    """A message that no worker of ours can run; the text says why, and holds nothing of its body."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item that was set aside."""

    at: str
    why: str
    item: str

    @property
    def when(self) -> datetime:
        """The time."""
        return datetime.fromisoformat(self.at)

    @property
    def raw(self) -> bytes:
        """The item as it was on the queue."""
        return self.item.encode(errors="surrogateescape")


def put(client: Any, item: bytes, why: str) -> None:
    """Set an item aside; `client` is any client of redis-py."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"at": at, "why": why, "item": item.decode(errors="surrogateescape")}
    with client.pipeline() as pipe:
        pipe.lpush(SET_ASIDE, json.dumps(entry))
        pipe.ltrim(SET_ASIDE, 0, KEPT - 1)
        pipe.execute()


def number(client: redis.Redis) -> int:
    """How many there are."""
    return int(client.llen(SET_ASIDE))


def entries(client: redis.Redis, most: int = KEPT) -> list[Entry]:
    """At most so many of them, newest first."""
    return [Entry(**json.loads(text)) for text in _texts(client, most)]


def requeue(client: redis.Redis, queue: str) -> int:
    """Push all of them back, oldest first; returns how many. What still can't be run is set aside again."""
    texts = _texts(client)
    for text in reversed(texts):
        # Both or neither: one that is lost between the two is lost for good.
        with client.pipeline() as pipe:
            pipe.lpush(queue, Entry(**json.loads(text)).raw)
            pipe.lrem(SET_ASIDE, -1, text)
            pipe.execute()
    return len(texts)


def clear(client: redis.Redis) -> int:
    """Forget all of them; returns how many."""
    with client.pipeline() as pipe:
        pipe.llen(SET_ASIDE)
        pipe.delete(SET_ASIDE)
        return int(pipe.execute()[0])


def _texts(client: redis.Redis, most: int = KEPT) -> list[str]:
    found: Any = client.lrange(SET_ASIDE, 0, most - 1)
    return list(found)
