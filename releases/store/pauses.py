"""Pauses of the whole platform, where a mistake that would be everybody's is made once, and those of single waves.

A pause is a key with its reason, and for a quota of submissions with an expiry. Releases that meet it are held in an
index of the same scope; whoever finds the pause gone lets them go on.

One that a person began ends when a person says so: nothing that the platform learns, no new ticket, ends it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self, cast

from db.database import Database
from releases import remedies
from releases.record import By, Problem
from releases.scope import Scope, wave_of
from releases.states import Step
from releases.store import keys
from releases.store.places import Lane

#: Releases that go on at once when a pause ends; a worker looks twice a second.
LET_GO_AT_ONCE = 1000


class Pause(Problem):
    """Why the platform, or a wave, is paused.

    is_timed: it ends by itself, once some of the releases that it holds have tried; see `timed_pauses`.
    outage: how many of these followed each other because WeChat was out; 0 if it was begun for something else.
    asks: its canary went well, and a person has to say that the rest goes on.
    probes: the ids of the releases that try at this moment.
    order: which of several orders it is of, where each has to end its own alone.
    actor, reason: who began it by hand, and why.
    """

    until: datetime | None = None
    by_hand: bool = False
    canary: bool = False
    asks: bool = False
    is_timed: bool = False
    outage: int = 0
    probes: tuple[str, ...] = ()
    order: str = ""
    actor: str | None = None
    reason: str | None = None

    @property
    def by(self) -> By:
        """Who began it by hand; nobody otherwise."""
        return By(actor=self.actor, reason=self.reason)

    @classmethod
    def read(cls, raw: Any) -> Self | None:
        """As Redis has it; None where there is none."""
        return None if raw is None else cls.model_validate_json(str(raw))

    def holds(self, release_id: str, *, is_canary: bool = False) -> bool:
        """Whether this release has to wait for its end; what waits for a canary does not hold the canary itself."""
        return release_id not in self.probes and not (is_canary and self.canary)


class Paused(Exception):
    """A pause holds the release."""

    def __init__(self, scope: str, pause: Pause) -> None:
        super().__init__(scope, pause)
        self.scope, self.pause = scope, pause


class Pauses:
    """Sets and lifts pauses. Safe to use from many threads and processes.

    What a person says is confirmed by so many replicas, or raises NotReplicated.
    """

    def __init__(self, db: Database) -> None:
        self._redis = db.redis
        self._db = db
        self._let_go = db.script("releases.store", "shared", "let_go")
        self._swap_if_equal = db.script("db", "swap_if_equal")
        self._replace_pause = db.script("releases.store", "shared", "replace_pause")

    def begin(self, scope: str, pause: Pause) -> bool:
        """Pause; the first reason counts, but one that needs a person outranks one that passes. True if this counts."""
        key, document = keys.pause(scope), pause.model_dump_json()
        expires = pause.until is not None and not pause.is_timed
        at = round(pause.until.timestamp() * 1000) if pause.until is not None and expires else None
        if self._redis.set(key, document, nx=True, pxat=at):
            return True
        raw = self._redis.get(key)
        if raw is None or pause.is_timed or not Pause.model_validate_json(str(raw)).is_timed:
            return False
        return bool(self._swap_if_equal(keys=[key], args=[raw, document]))

    def begin_by_hand(self, scope: str, reason: str, actor: str | None = None) -> None:
        """Pause because a person says so, whatever other pause is on."""
        pause = Pause(
            step=Step.SUBMIT_AUDIT if scope is Scope.SUBMISSIONS else Step.ENSURE_DOMAINS,
            errmsg=f"paused by hand: {reason}" if reason else "paused by hand",
            remedy=remedies.PAUSED_BY_HAND(),
            by_hand=True,
            actor=actor,
            reason=reason or None,
        )
        self._db.write(lambda pipe: pipe.set(keys.pause(scope), pause.model_dump_json()))

    def lift(self, scope: str) -> bool:
        """A person says that the held ones go on; False if there was no such pause."""
        return bool(self._db.run(self._replace_pause, args=[_replacing(scope, None, None, whatever=True)]))

    def lift_unless_by_hand(self, scope: str) -> bool:
        """The cause seems to be gone: let the held ones go on, unless a person wants them to wait."""
        return self._lift_if(scope, lambda pause: not pause.by_hand)

    def lift_for_ticket(self) -> bool:
        """There is a new ticket: let all go on, unless a person wants them to wait, or no ticket would help."""
        return self._lift_if(Scope.ALL, lambda pause: not (pause.by_hand or pause.is_timed))

    def _lift_if(self, scope: str, may: Callable[[Pause], bool]) -> bool:
        raw = self._redis.get(keys.pause(scope))
        if raw is None or not may(Pause.model_validate_json(str(raw))):
            return False
        # Only the pause that was looked at: a person may begin another one now.
        return bool(self._replace_pause(args=[_replacing(scope, raw, None)]))

    def replace(self, scope: str, before: Pause | None, after: Pause | None) -> bool:
        """Change a pause, begin one or end it; False if it is no longer as `before` says."""
        raw = self._redis.get(keys.pause(scope))
        if Pause.read(raw) != before:
            return False
        return bool(self._replace_pause(args=[_replacing(scope, raw, after)]))

    def current(self, scope: str) -> Pause | None:
        """The pause that is on, if any."""
        return Pause.read(self._redis.get(keys.pause(scope)))

    def let_go(self, scope: str, *, even_if_on: bool = False) -> int:
        """If the pause has ended, let releases that it held go on, some at a time; returns how many.

        They are fed to the queue like those of a new wave.
        """
        return self._let(scope, Lane.NEW, even_if_on=even_if_on)

    def let_try(self, scope: str, release_ids: Sequence[str]) -> int:
        """Let these go on at once, even while the pause is on; returns how many."""
        return self._let(scope, Lane.BEGUN, even_if_on=True, ids=list(release_ids), at="0")

    def _let(self, scope: str, lane: Lane, **more: Any) -> int:
        ask = {
            "pause": keys.pause(scope),
            "held": keys.held(scope),
            "all": keys.ALL,
            "record": keys.record(""),
            "lanes": {"urgent": keys.due(Lane.URGENT), "begun": keys.due(lane)},
            "limit": LET_GO_AT_ONCE,
            **more,
        }
        return int(cast("int", self._let_go(args=[json.dumps(ask)])))


def _replacing(scope: str, before: Any, after: Pause | None, *, whatever: bool = False) -> str:
    """For replace_pause.lua: what a wave's JSON says of its pause changes with it."""
    wave = wave_of(scope)
    ask = {
        "pause": keys.pause(scope),
        "before": before,
        "after": None if after is None else after.model_dump_json(),
        "whatever": whatever,
        **({"wave": wave, "counts": keys.wave_counts(wave), "changed": keys.CHANGED} if wave else {}),
    }
    return json.dumps({name: value for name, value in ask.items() if value is not None})
