"""The webhook's index: which releases and waves have changed since their state was delivered.

The records' own scripts add to it, so no change is lost, and none is in it before it is stored. Each release and each wave
stands in it once, however often it changes. It expires three days after the last one who sent, with all that is in it: then
nothing is noted any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, cast

from db.database import Database
from releases.store import keys

#: For so long changes are noted while nobody sends them, in seconds.
KEPT_S = 3 * 86_400
#: Whoever sends may take so long for what he has taken; if he dies, another one sends after that. In seconds.
LEASE_S = 20
#: What changes within so many seconds is told once; the JSON of a wave costs more, and changes with each of its releases.
GATHERED_S = {"release": 1, "wave": 10}
#: A delivery that failed is tried again after as long as it has failed for, and after so many seconds at the latest.
MOST_S = 300
_NAMES = {"changed": keys.CHANGED, "late": keys.CHANGED_LATE, "endpoint": keys.WEBHOOK}


@dataclass(frozen=True, slots=True)
class Member:
    """A release or a wave, as the index has it."""

    kind: str
    name: str

    @classmethod
    def read(cls, text: str) -> Member:
        """As it stands there: `release:ID` or `wave:NAME`."""
        kind, _, name = text.partition(":")
        return cls(kind, name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def key(self) -> str:
        """The hash that has its revision."""
        return keys.record(self.name) if self.kind == "release" else keys.wave_counts(self.name)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be sent now, after so many failures in a row."""

    failures: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the endpoint is left alone, and for how long; `gone`: until a person says otherwise."""

    error: str
    failures: int
    wait_s: float
    gone: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a batch: the revisions that were told (None: there was nothing to tell of), what failed, and how each ended."""

    told: dict[Member, int | None] = field(default_factory=dict)
    failed: list[Member] = field(default_factory=list)
    results: dict[str, int] = field(default_factory=dict)
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One that waits: since when, and when it is tried again; in seconds since the epoch."""

    member: Member
    since: float
    next_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the webhook stands; times are in seconds since the epoch.

    `name` is the endpoint's, empty if there never was one; `is_on`: changes are noted. `waited_s`: how long the oldest has.
    """

    is_on: bool
    name: str
    undelivered: int
    oldest: float | None
    waited_s: float
    error: str
    failures: int
    failed_at: float | None
    next_at: float | None
    gone: bool
    deliveries: Mapping[str, int]


class Outbox:
    """Hands out what has changed, to one at a time. Safe to use from many threads and processes."""

    def __init__(self, db: Database) -> None:
        self._redis = db.redis
        self._db = db
        self._take = db.script("releases.store", "shared", "take_changed")
        self._settle = db.script("releases.store", "shared", "settle_changed")
        self._swap_if_equal = db.script("db", "swap_if_equal")
        self._drop_if_equal = db.script("db", "drop_if_equal")

    def open(self) -> None:
        """From now on what changes is noted, also before anybody sends."""
        with self._redis.pipeline() as pipe:
            # As take_changed.lua does.
            pipe.zadd(keys.CHANGED, {"": inf})
            pipe.pexpire(keys.CHANGED, KEPT_S * 1000)
            pipe.execute()

    def take(self, token: str, url: str, name: str, most: int) -> Batch | None:
        """Be the one who sends, and get what is to be sent; None if another one is, or the endpoint is left alone."""
        ask = {
            **_NAMES,
            "sender": keys.WEBHOOK_SENDER,
            "token": token,
            "lease_s": LEASE_S,
            "kept_s": KEPT_S,
            "url": url,
            "name": name,
            "most": most,
            "gathered_s": GATHERED_S,
        }
        reply = cast("list[Any]", self._take(args=[json.dumps(ask)]))
        if reply[0] != "send":
            return None
        return Batch(int(reply[1]), tuple(Member.read(text) for text in reply[2:]))

    def is_stored(self, token: str) -> bool:
        """Whether all that was read before has been confirmed, as any write is, and the caller is still the one who sends."""
        return bool(self._db.run(self._swap_if_equal, keys=[keys.WEBHOOK_SENDER], args=[token, token]))

    def leave(self, token: str) -> None:
        """Let another one send."""
        self._drop_if_equal(keys=[keys.WEBHOOK_SENDER], args=[token])

    def settle(self, url: str, outcome: Outcome) -> None:
        """Note what came of a batch."""
        told = [
            {
                "member": str(member),
                "key": member.key,
                **({} if revision is None else {"revision": str(revision)}),
            }
            for member, revision in outcome.told.items()
        ]
        trouble = outcome.trouble
        ask = {
            **_NAMES,
            "deliveries": keys.WEBHOOK_DELIVERIES,
            "url": url,
            "told": told,
            "failed": list(map(str, outcome.failed)),
            "results": outcome.results,
            "most_s": MOST_S,
            **({} if trouble is None else {"trouble": _fields(trouble)}),
        }
        self._settle(args=[json.dumps(ask)])

    def wave_revision(self, wave: str) -> int:
        """How often it has changed while a webhook was told of it."""
        return int(cast("str | None", self._redis.hget(keys.wave_counts(wave), "revision")) or 0)

    def standing(self) -> Standing:
        """How the webhook stands, in one round trip."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.zcard(keys.CHANGED)
            pipe.zrange(keys.CHANGED, 0, 0, withscores=True)
            pipe.zrange(keys.CHANGED_LATE, 0, 0, withscores=True)
            pipe.hgetall(keys.WEBHOOK)
            pipe.hgetall(keys.WEBHOOK_DELIVERIES)
            pipe.time()
            members, fresh, late, endpoint, deliveries, (seconds, _) = pipe.execute()
        oldest = min((at for name, at in (*fresh, *late) if name), default=None)
        return Standing(
            is_on=members > 0,
            name=endpoint.get("name", ""),
            undelivered=max(0, members - 1),
            oldest=oldest,
            waited_s=0.0 if oldest is None else max(0.0, seconds - oldest),
            error=endpoint.get("error", ""),
            failures=int(endpoint.get("failures", 0)),
            failed_at=_number(endpoint.get("failed_at")),
            next_at=_number(endpoint.get("next_at")),
            gone="gone" in endpoint,
            deliveries={name: int(number) for name, number in deliveries.items()},
        )

    def undelivered(self) -> list[Undelivered]:
        """All that waits, what is tried first first."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrange(keys.CHANGED, 0, -1, withscores=True)
            pipe.zrange(keys.CHANGED_LATE, 0, -1, withscores=True)
            waiting, late = pipe.execute()
        since = dict(late)
        return [Undelivered(Member.read(text), since.get(text, at), at) for text, at in waiting if text]

    def retry(self) -> None:
        """Whatever was said of the endpoint, try everything again now."""
        since = cast("list[tuple[str, float]]", self._redis.zrange(keys.CHANGED_LATE, 0, -1, withscores=True))
        with self._redis.pipeline(transaction=True) as pipe:
            if since:
                pipe.zadd(keys.CHANGED, dict(since), xx=True)
            pipe.hdel(keys.WEBHOOK, "failures", "next_at", "gone")
            pipe.execute()


def _fields(trouble: Trouble) -> dict[str, Any]:
    fields = {"error": trouble.error, "failures": trouble.failures, "wait_s": trouble.wait_s}
    return {**fields, "gone": True} if trouble.gone else fields


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
