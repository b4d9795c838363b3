"""How many secrets are stored, and how: counted by a worker now and then, and kept for whoever may read no secret.

To count them goes over all keys of the database, so no screen does.
"""

from __future__ import annotations

from typing import cast

from pydantic import BaseModel, ConfigDict, Field

from db.database import Database
from wechat.tokens.rekeying import COUNTED_KEY, COUNTED_LATELY_KEY, StoredSecrets
from wechat.tokens.slots import COMPONENT
from wechat.tokens.store import token_key

#: They are counted again after so many seconds; where that failed, after so many.
COUNT_EVERY_S, RETRIED_S = 600, 60
#: What was counted is shown for so long, with its age, in seconds.
_KEPT_S = 86_400


class SecretCounts(BaseModel):
    """What was counted; `component_left_s`: how long the platform's own access token was still good then, None without one."""

    model_config = ConfigDict(frozen=True)

    total: int
    outdated: int
    plain: int
    unreadable: int
    authorizers: int
    component_left_s: float | None
    age_s: float = Field(default=0.0, exclude=True)


class SecretCounter:
    """Counts, and tells what was counted last. Safe to use from many threads and processes."""

    def __init__(self, db: Database, stored: StoredSecrets) -> None:
        self._redis = db.redis
        self._stored = stored

    def refresh(self) -> None:
        """Count, unless somebody has lately."""
        if not self._redis.set(COUNTED_LATELY_KEY, 1, nx=True, ex=RETRIED_S):
            return
        tally = self._stored.tally()
        left_ms = self._redis.pttl(token_key(COMPONENT))
        counts = SecretCounts(
            total=tally.total,
            outdated=tally.outdated,
            plain=tally.plain,
            unreadable=len(tally.unreadable),
            authorizers=tally.authorizers,
            component_left_s=left_ms / 1000 if left_ms > 0 else None,
        )
        with self._redis.pipeline() as pipe:
            pipe.set(COUNTED_KEY, counts.model_dump_json(), ex=_KEPT_S)
            pipe.set(COUNTED_LATELY_KEY, 1, ex=COUNT_EVERY_S)
            pipe.execute()

    def counted(self) -> SecretCounts | None:
        """What was counted last; None if nobody has for a day."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.get(COUNTED_KEY)
            pipe.pttl(COUNTED_KEY)
            raw, left_ms = cast("tuple[str | None, int]", tuple(pipe.execute()))
        if raw is None:
            return None
        age_s = max(0.0, _KEPT_S - left_ms / 1000)
        return SecretCounts.model_validate_json(raw).model_copy(update={"age_s": age_s})
