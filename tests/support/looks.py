"""All that Redis holds of releases, read at one moment and without anything of the product."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import redis

#: Where a release may stand that goes on.
PLACE = re.compile(
    r"releases:(due:(urgent|begun|new|looks)|sent(:urgent)?|held-by:(all|submissions|(wave|live):.+))"
)
_ALL_AT_ONCE = """
local readers = {string = {'GET'}, hash = {'HGETALL'}, set = {'SMEMBERS'}, list = {'LLEN'}, zset = {'ZRANGE', 0, -1, 'WITHSCORES'}}
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local reader = readers[kind]
  found[#found + 1] = {key, kind, redis.call(reader[1], key, unpack(reader, 2)), redis.call('PTTL', key)}
end
return {redis.call('TIME'), found}
"""


@dataclass(frozen=True)
class Record:
    """A record as its hash has it."""

    id: str
    fields: Mapping[str, str]

    @cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fields["document"])
        return found

    @property
    def revision(self) -> int:
        return int(self.fields["revision"])

    @property
    def fence(self) -> int:
        return int(self.fields["fence"])

    @property
    def place(self) -> str | None:
        return self.fields.get("place")

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @property
    def wave(self) -> str | None:
        return cast("str | None", self.document.get("wave"))

    @property
    def has_left_wave(self) -> bool:
        """Whether another release of its wave superseded it."""
        return bool(self.document.get("progress", {}).get("left_wave", False))

    @property
    def is_urgent(self) -> bool:
        return bool(self.document.get("urgent"))

    @property
    def identity(self) -> str:
        return f"{self.document['template_id']}:{self.document['user_version']}"

    @property
    def held(self) -> str:
        """The scope of the pause that it waits for."""
        return str(self.document.get("progress", {}).get("held", ""))

    @property
    def cause(self) -> str:
        problem = self.document.get({"blocked": "block", "failed": "failure"}.get(self.status, ""))
        if problem is None:
            return ""
        errcode = problem.get("errcode")
        return f"{self.status} {problem['step']} {'-' if errcode is None else errcode}"

    @property
    def step(self) -> str:
        return str(self.document["step"])

    @property
    def half(self) -> int:
        """1 on the way to the audit, 2 on the way to the shop, 3 on the way back; 0 where it is at no step."""
        if self.status not in {"queued", "running", "waiting", "blocked", "failed"}:
            return 0
        return {"publish": 2, "verify_live": 2, "revert": 3}.get(self.step, 1)

    @property
    def counted(self) -> str:
        """As what its wave's first half counts it."""
        return {2: "approved", 3: "live"}.get(self.half, self.status)

    @property
    def role(self) -> str:
        """What it is to its Mini Program."""
        was_live = (self.document.get("publication") or {"verified_at": "by somebody else"}).get(
            "verified_at"
        )
        by_half = {1: "active", 2: "ahead", 3: "live" if was_live else ""}
        if self.half:
            return by_half[self.half]
        return {"submitted": "ahead", "approved": "ahead", "live": "live"}.get(self.status, "")

    @property
    def publication_counts(self) -> list[str]:
        """As what its wave counts it among those that were ordered to go live."""
        if self.document.get("publication") is None:
            return []
        broken = ["broken"] if (self.status, self.step) == ("blocked", "verify_live") else []
        return [self.status, *([f"waits {self.waits_for}"] if self.waits_for else []), *broken]

    @property
    def waits_for(self) -> str:
        if self.status != "waiting":
            return ""
        if self.held:
            return "wave" if self.held in {f"wave:{self.wave}", f"live:{self.wave}"} else self.held
        if self.document.get("progress", {}).get("timed"):
            return "time"
        if self.document.get("progress", {}).get("behind"):
            return "older"
        errcode = (self.document.get("wait") or {}).get("errcode")
        return "" if errcode is None else str(errcode)


@dataclass(frozen=True)
class Look:
    """All that Redis held at one moment."""

    time: float
    values: Mapping[str, Any]
    left_ms: Mapping[str, int]

    @classmethod
    def at(cls, client: redis.Redis) -> Look:
        """Look; takes a client that decodes responses."""
        reply: Any = client.eval(_ALL_AT_ONCE, 0)
        (seconds, microseconds), found = reply
        values, left_ms = {}, {}
        for key, kind, value, left in found:
            pairs = dict(zip(value[::2], value[1::2], strict=True)) if kind in {"hash", "zset"} else None
            if kind == "zset":
                pairs = {member: float(score) for member, score in (pairs or {}).items()}
            values[key] = value if pairs is None else pairs
            left_ms[key] = int(left)
        return cls(int(seconds) + int(microseconds) / 1e6, values, left_ms)

    @cached_property
    def records(self) -> dict[str, Record]:
        found = (key.removeprefix("release:") for key in self.values if key.startswith("release:"))
        return {name: Record(name, self.values[f"release:{name}"]) for name in found}

    @cached_property
    def places(self) -> dict[str, dict[str, float]]:
        """Of each release the indexes in which it stands, with its time there."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for index, members in self.values.items():
            if PLACE.fullmatch(index):
                for member, at in members.items():
                    found[member][index] = at
        return found

    def scores(self, key: str) -> dict[str, float]:
        """A sorted set; empty if there is none."""
        return dict(self.values.get(key, {}))

    def begins(self, prefix: str) -> dict[str, Any]:
        """What stands under keys that begin so, by the rest of the key."""
        return {
            key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)
        }
