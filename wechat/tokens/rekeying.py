"""Everything that the token store keeps, as a whole: whether the keys fit it, and sealing it anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

from db.database import Database
from wechat.errors import Unreadable
from wechat.tokens.sealing import MARK, Seal
from wechat.tokens.store import LOCK_PREFIX, PREFIX, REFRESH_TOKEN_PREFIX, TICKET_KEY

#: What was counted last, see `counting`; and whether somebody has counted lately.
COUNTED_KEY, COUNTED_LATELY_KEY = "platform:stored-secrets", "platform:stored-secrets-counted"
#: Keys looked at in one round trip; most of a database's are others'.
_PAGE = 1000
#: Values tried at the most, where there is no ticket, to tell whether the keys fit at all.
_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """How many values are sealed with the first key, how many otherwise, and the names of those that no key opens."""

    current: int
    outdated: int
    unreadable: tuple[str, ...]
    #: How many of them lie in plain text, which is current where there is no key.
    plain: int = field(default=0, compare=False)
    #: How many of them are refresh tokens: of Mini Programs that have authorized the platform.
    authorizers: int = field(default=0, compare=False)

    @property
    def total(self) -> int:
        """All of them."""
        return self.current + self.outdated + len(self.unreadable)


class StoredSecrets:
    """Goes over what is stored while others use it."""

    def __init__(self, db: Database, seal: Seal) -> None:
        self._redis = db.redis
        self._seal = seal
        self._db = db
        self._swap_if_equal = db.script("db", "swap_if_equal")
        self._drop_if_equal = db.script("db", "drop_if_equal")

    def check_keys(self) -> None:
        """Raise Unreadable if the keys are not those of this Redis: the ticket or, without one, no value opens."""
        ticket = cast("str | None", self._redis.get(TICKET_KEY))
        sample = [(TICKET_KEY, ticket)] if ticket is not None else list(islice(self._values(), _SAMPLE))
        if sample and all(self._seal.decrypt(raw) is None for _, raw in sample):
            raise Unreadable(sample[0][0])

    def tally(self) -> Tally:
        """Count."""
        current, outdated, plain, authorizers, unreadable = 0, 0, 0, 0, []
        for key, raw in self._values():
            plain += not raw.startswith(MARK)
            authorizers += key.startswith(REFRESH_TOKEN_PREFIX)
            if self._seal.is_current(raw):
                current += 1
            elif self._seal.decrypt(raw) is None:
                unreadable.append(key)
            else:
                outdated += 1
        return Tally(current, outdated, tuple(sorted(unreadable)), plain, authorizers)

    def seal_anew(self) -> int:
        """Seal with the first key what is not; returns how many. What changes meanwhile is its writer's business."""
        number = 0
        for key, raw in self._values():
            text = None if self._seal.is_current(raw) else self._seal.decrypt(raw)
            if text is not None:
                number += int(
                    self._db.run(self._swap_if_equal, keys=[key], args=[raw, self._seal.encrypt(text)])
                )
        self._redis.delete(COUNTED_LATELY_KEY)  # what was counted holds no more
        return number

    def drop_unreadable(self) -> int:
        """Delete what no key opens; returns how many."""
        number = sum(
            int(self._drop_if_equal(keys=[key], args=[raw]))
            for key, raw in self._values()
            if self._seal.decrypt(raw) is None
        )
        self._redis.delete(COUNTED_LATELY_KEY)
        return number

    def _values(self) -> Iterator[tuple[str, str]]:
        """Each key with its value as it is stored; a key that is there all the time comes exactly once."""
        seen: set[str] = set()
        cursor = None
        while cursor != 0:
            page: Any = self._redis.scan(cursor or 0, match=f"{PREFIX}*", count=_PAGE)
            cursor, found = page
            keys = [key for key in found if not key.startswith(LOCK_PREFIX) and key not in seen]
            seen.update(keys)
            values = cast("list[str | None]", self._redis.mget(keys)) if keys else []
            yield from ((key, raw) for key, raw in zip(keys, values, strict=True) if raw is not None)
