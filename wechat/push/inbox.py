"""What follows from pushes, until a worker has done it. Every write may be repeated, and is confirmed before it returns.

Keys, beside the ticket's (`wechat.tokens.store`):

`pushed:codes`         hash of authorization codes: `APPID DIGEST` -> `EXPIRES_AT SEALED`, 1,000 at the most
`pushed:unauthorized`  Mini Programs of which WeChat said that they have withdrawn their authorization, by when (sorted set)
`pushed:looks`         Mini Programs at which somebody should look, by the time of the last push (sorted set); the newest 10,000
`pushed:counts`        hash of counters: `kind NAME`, `refused REASON`
`pushed:following`     held by the worker that follows the pushes now

An appid in `pushed:looks` may be anybody's: WeChat's signature does not cover the path that names it. A worker takes away those
of which we have no release. Times are in seconds, by Redis' clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from redis.client import Pipeline

from db.database import Database
from wechat.push.kinds import counted_as
from wechat.tokens.sealing import Seal
from wechat.tokens.store import TICKET_NEW_KEY, TokenStore

CODES, UNAUTHORIZED, LOOKS = "pushed:codes", "pushed:unauthorized", "pushed:looks"
COUNTS, FOLLOWING = "pushed:counts", "pushed:following"
MOST_CODES, MOST_MARKS = 1_000, 10_000


class InboxFull(Exception):
    """There are too many authorization codes that no worker has exchanged."""


@dataclass(frozen=True, slots=True)
class PendingCode:
    """An authorization code; `code` is None where no key opens it. `name` is its field's."""

    name: str
    appid: str
    expires_at: int
    code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushCounts:
    """How many pushes were taken, by kind, and refused, by reason."""

    taken: Mapping[str, int]
    refused: Mapping[str, int]


class Inbox:
    """Takes the token store of the same Redis and seal. Safe to use from many threads and processes."""

    def __init__(self, db: Database, seal: Seal, store: TokenStore) -> None:
        self._db = db
        self._redis = db.redis
        self._seal = seal
        self._store = store
        self._put_code = db.script("wechat.push", "put_code")
        self._drop_mark = db.script("wechat.push", "drop_mark")

    # What the receiver writes.

    def put_ticket(self, kind: str, ticket: str, created_at: int) -> None:
        """Keep a ticket, unless a newer one is kept."""
        self._write(kind, lambda pipe: self._store.put_pushed_ticket(ticket, created_at, pipe))

    def put_code(self, kind: str, appid: str, code: str, *, expires_at: int, now: float) -> None:
        """Keep an authorization code; raises InboxFull."""
        name = f"{appid} {hashlib.sha256(code.encode()).hexdigest()[:16]}"
        args: list[str | int] = [name, f"{expires_at} {self._seal.encrypt(code)}", int(now), MOST_CODES]
        kept = self._write(kind, lambda pipe: self._put_code(keys=[CODES], args=args, client=pipe))
        if not kept[0]:
            raise InboxFull

    def mark(self, kind: str, marks: str, appid: str, now: float) -> None:
        """Put a Mini Program into UNAUTHORIZED or LOOKS, with the time of this push."""

        def fill(pipe: Pipeline) -> None:
            pipe.zadd(marks, {appid: round(now, 3)})
            pipe.zremrangebyrank(marks, 0, -MOST_MARKS - 1)

        self._write(kind, fill)

    def count(self, kind: str) -> None:
        """Only count one, of which nothing follows."""
        self._write(kind, lambda _pipe: None)

    def count_refusals(self, numbers: Mapping[str, int]) -> None:
        """Add to the counts of refused requests."""

        def fill(pipe: Pipeline) -> None:
            for reason, number in numbers.items():
                pipe.hincrby(COUNTS, f"refused {reason}", number)

        self._db.write(fill)

    def _write(self, kind: str, fill: Callable[[Pipeline], object]) -> list[Any]:
        def both(pipe: Pipeline) -> None:
            fill(pipe)
            pipe.hincrby(COUNTS, f"kind {counted_as(kind)}", 1)

        return self._db.write(both)

    # What a worker reads, does, and takes away.

    def new_ticket(self) -> str | None:
        """The mark of a new ticket of which no worker has heard."""
        return cast("str | None", self._redis.get(TICKET_NEW_KEY))

    def codes(self) -> list[PendingCode]:
        """All authorization codes."""
        stored = cast("dict[str, str]", self._redis.hgetall(CODES))
        return [self._code(name, value) for name, value in stored.items()]

    def has_code_of(self, appid: str) -> bool:
        """Whether an authorization of the Mini Program was pushed whose code is still to be exchanged."""
        names = cast("list[str]", self._redis.hkeys(CODES))
        return any(name.partition(" ")[0] == appid for name in names)

    def _code(self, name: str, value: str) -> PendingCode:
        expires_at, _, sealed = value.partition(" ")
        return PendingCode(name, name.partition(" ")[0], int(expires_at), self._seal.decrypt(sealed))

    def drop_code(self, pending: PendingCode) -> None:
        """Forget a code that has been dealt with."""
        self._redis.hdel(CODES, pending.name)

    def marks(self, marks: str, most: int = MOST_MARKS) -> dict[str, float]:
        """The Mini Programs of UNAUTHORIZED or LOOKS, and when they were pushed, oldest first."""
        return dict(cast("list[tuple[str, float]]", self._redis.zrange(marks, 0, most - 1, withscores=True)))

    def marked(self, marks: str, appid: str) -> float | None:
        """When a Mini Program was put into UNAUTHORIZED or LOOKS; None if it is not there."""
        return self._redis.zscore(marks, appid)

    def drop_mark(self, marks: str, appid: str, at: float) -> None:
        """Take a mark away, unless there was another push since."""
        self._drop_mark(keys=[marks], args=[appid, repr(at)])

    def counts(self) -> PushCounts:
        """The counts of all receivers since this Redis began."""
        stored = cast("dict[str, str]", self._redis.hgetall(COUNTS))
        named = {tuple(name.split(" ", 1)): int(number) for name, number in stored.items()}
        return PushCounts(
            taken={name: number for (what, name), number in named.items() if what == "kind"},
            refused={name: number for (what, name), number in named.items() if what == "refused"},
        )
