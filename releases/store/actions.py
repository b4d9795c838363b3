"""The log of actions: who ordered what, when and why, of what and of how many, whichever door they came through.

An order is one entry, however many releases it is for, and one that changes nothing is none. What workers do by themselves
stands in the releases' histories alone, and so does whether an order was carried out.

An order for releases is written by the script that writes the first of them: neither is there without the other. All else
(a pause, a wave that goes on, a switch of a Mini Program, a ticket), and what is ordered for all of a wave, is written just
before it is done: whoever dies in between, or is refused by WeChat then, leaves an order that nobody carried out, and never a
deed that nobody ordered. A secret that somebody stores is never in it.

Which commands, routes and acts leave an entry, and why the others leave none: tests/structure/test_orders.py.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from db.database import Database
from releases.record import By, Release
from releases.store import keys
from releases.store.newest import Position

#: The log keeps so many entries, the newest.
MOST = 10_000
#: Entries that are read at once.
_PAGE = 500


class What(StrEnum):
    """What can be ordered."""

    ENQUEUE = "enqueue"
    RESUME = "resume"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    SPEED_UP = "speed-up"
    PUBLISH = "publish"
    REVERT = "revert"
    SET_BOUND = "set-bound"
    PAUSE = "pause"
    RESUME_PLATFORM = "resume-platform"
    VISIT_OPEN = "visit-open"
    VISIT_CLOSE = "visit-close"
    GRAY = "gray"
    GRAY_STOP = "gray-stop"
    DOMAINS_ADD = "domains-add"
    DOMAINS_DELETE = "domains-delete"
    DOMAINS_SET = "domains-set"
    PLATFORM_DOMAINS_ADD = "platform-domains-add"
    LOOK = "look"
    TICKET = "ticket"
    TICKET_PUSH = "ticket-push"
    AUTHORIZE = "authorize"
    REKEY = "rekey"
    SET_ASIDE_REQUEUE = "set-aside-requeue"
    SET_ASIDE_CLEAR = "set-aside-clear"
    WEBHOOKS_RETRY = "webhooks-retry"


class Action(BaseModel):
    """One order, and how many releases it is for: None where it is for none.

    release_id: where it is for one alone. wave: that release's, or the one for which it is. scope: what is paused, or goes on.
    detail: what else was said, in words.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    # First: entries of the same moment stand in the order of their texts, and pages in that of their ids.
    id: str
    time: datetime
    what: What
    by: str | None = None
    reason: str | None = None
    wave: str | None = None
    release_id: str | None = None
    appid: str | None = None
    scope: str | None = None
    number: int | None = None
    detail: str | None = None

    @classmethod
    def of(cls, what: What, by: By, now: datetime, release: Release | None = None, **to: Any) -> Self:
        """An order that is given now: for one release, or for what else is named."""
        if release is not None:
            to |= {"wave": release.wave, "release_id": release.id, "appid": release.appid, "number": 1}
        return cls(id=uuid.uuid4().hex, time=now, what=what, by=by.actor, reason=by.reason, **to)

    @property
    def position(self) -> Position:
        """Where it stands in the log."""
        return Position(self.time.timestamp(), self.id)

    @property
    def entry(self) -> dict[str, Any]:
        """For `note` in lua/shared.lua."""
        return {
            "log": keys.ACTIONS,
            "at": f"{self.time.timestamp():.6f}",
            "entry": self.model_dump_json(exclude_defaults=True),
            "over": -MOST - 1,
        }

    def is_by(self, name: str) -> bool:
        """Whether that is who ordered it, with the door before the name or without it."""
        return self.by is not None and name in (self.by, self.by.partition(":")[2])

    def public(self) -> dict[str, Any]:
        """As JSON."""
        return self.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class ActionPage:
    """Some entries, newest first, and behind which one there are more."""

    actions: list[Action]
    more_after: Position | None


class Actions:
    """Writes and reads the log. Safe to use from many threads and processes.

    Every write is confirmed by so many replicas, or raises NotReplicated.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._redis = db.redis
        self._note = db.script("releases.store", "shared", "note_action")

    def note(self, action: Action) -> None:
        """Write an order whose records are not written with it; again changes nothing."""
        self._db.run(self._note, args=[json.dumps(action.entry)])

    def newest(
        self, limit: int, after: Position | None = None, *, by: str | None = None, wave: str | None = None
    ) -> ActionPage:
        """At most so many, newest first, older than `after`: all, or those by somebody, or for a wave or one of its releases."""
        found: list[Action] = []
        for action in self._older(after):
            if (by is not None and not action.is_by(by)) or wave not in (None, action.wave):
                continue
            if len(found) == limit:
                return ActionPage(found, found[-1].position)
            found.append(action)
        return ActionPage(found, None)

    def _older(self, after: Position | None) -> Iterator[Action]:
        """All that are older, page by page: what is added meanwhile moves none."""
        last = after
        while True:
            bounds: Any = ("+inf" if last is None else last.created, "-inf")
            options: dict[str, Any] = {"desc": True, "byscore": True, "offset": 0, "num": _PAGE}
            raw: Any = self._redis.zrange(keys.ACTIONS, *bounds, **options)
            page = [Action.model_validate_json(text) for text in raw]
            older = [one for one in page if last is None or one.position < last]
            yield from older
            if not older or len(page) < _PAGE:
                return
            last = older[-1].position
