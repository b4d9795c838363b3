"""What has been told, in Redis: for each channel, and by one worker at a time.

It ends a week after the last one who told: then whoever tells next begins anew, and tells nothing of what was before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, cast

import redis
from pydantic import BaseModel, ConfigDict
from redis.client import Pipeline

from releases.store import keys

#: Whoever tells may be silent for so long; after that another one tells. In seconds.
LEASE_S = 60
#: What was told is known for so long after the last look, in seconds.
KEPT_S = 7 * 86_400
#: How a message ends, for monitors.
TAKEN, REFUSED = "taken", "refused"
RESULTS = (TAKEN, REFUSED)
_WAVES = "waves"


class Stream(BaseModel):
    """How far a channel was told of releases of a kind: all before `until`, and these, by id with when they were found."""

    until: float
    known: dict[str, float] = {}


class Channel(BaseModel):
    """What a channel was told: the marks of the facts that hold, by their keys. Times are Redis', in seconds since the epoch.

    `waves_rest`: until when it is not told of more rejections in a wave. `failures`: in a row, of this `robot`.
    """

    model_config = ConfigDict(extra="ignore")

    told: dict[str, str] = {}
    streams: dict[str, Stream] = {}
    next_at: float = 0.0
    waves_rest: dict[str, float] = {}
    robot: str = ""
    failures: int = 0
    failed_at: float = 0.0
    error: str = ""


class Followed(BaseModel):
    """The newest waves, and when the newest release was created that has been looked at for its wave."""

    names: list[str] = []
    until: float = 0.0


class Memory:
    """Reads and writes it. `lead` and `save` are called by one thread."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._token = secrets.token_hex(16)

    def lead(self) -> bool:
        """Be the one who tells, or go on to be; False if another one is."""
        ms = LEASE_S * 1000
        taken = self._redis.set(keys.NOTICES_TELLER, self._token, nx=True, px=ms)
        return self._while_leading(
            lambda pipe: (
                None if taken else pipe.pexpire(keys.NOTICES_TELLER, ms),
                pipe.pexpire(keys.NOTICES, KEPT_S * 1000),
            )
        )

    def leave(self) -> None:
        """Let another one tell."""
        self._while_leading(lambda pipe: pipe.delete(keys.NOTICES_TELLER))

    def channels(self) -> dict[str, Channel]:
        """All channels that were ever told of something, by name."""
        found = cast("dict[str, str]", self._redis.hgetall(keys.NOTICES))
        found.pop(_WAVES, None)
        return {name: Channel.model_validate_json(document) for name, document in found.items()}

    def followed(self) -> Followed | None:
        """None where nobody has told anything yet."""
        found = cast("str | None", self._redis.hget(keys.NOTICES, _WAVES))
        return None if found is None else Followed.model_validate_json(found)

    def follow(self, waves: Followed) -> bool:
        """Note the waves; False if another one tells meanwhile."""
        return self._save(_WAVES, waves)

    def save(self, name: str, channel: Channel, result: str = "") -> bool:
        """Note what a channel was told, and how that ended; False if another one tells meanwhile."""
        return self._save(name, channel, {f"{name} {result}": 1} if result else {})

    def _save(self, field: str, document: BaseModel, counted: Mapping[str, int] | None = None) -> bool:
        def write(pipe: Pipeline) -> None:
            pipe.hset(keys.NOTICES, field, document.model_dump_json())
            for name, number in (counted or {}).items():
                pipe.hincrby(keys.NOTICES_SENT, name, number)

        return self._while_leading(write)

    def _while_leading(self, write: Callable[[Pipeline], object]) -> bool:
        with self._redis.pipeline() as untyped:
            pipe: Any = untyped
            pipe.watch(keys.NOTICES_TELLER)
            if pipe.get(keys.NOTICES_TELLER) != self._token:
                return False
            pipe.multi()
            write(pipe)
            try:
                pipe.execute()
            except redis.WatchError:
                return False
        return True


def sent(client: redis.Redis) -> dict[tuple[str, str], int]:
    """How many messages ended how, by channel and result."""
    found = cast("dict[str, str]", client.hgetall(keys.NOTICES_SENT))
    pairs = ((name.partition(" "), number) for name, number in found.items())
    return {(channel, result): int(number) for (channel, _, result), number in pairs}
