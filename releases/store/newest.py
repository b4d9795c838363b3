"""The newest releases, page by page: a page begins behind the last release of the page before, whatever is added meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from releases.selection import Selection
from releases.states import Status
from releases.store import keys

#: A release that has an errcode to tell is in one of these.
_WITH_ERRCODE = (Status.BLOCKED, Status.FAILED, Status.WAITING)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a release stands in all indexes: when it was created, in seconds, and its id."""

    created: float
    id: str


def newest(client: redis.Redis, wanted: Selection, number: int, after: Position | None) -> list[Position]:
    """The newest that may be wanted, newest first, all of them older than `after`; what can't be indexed is not looked at."""
    statuses: tuple[Status | None, ...] = (wanted.status,)
    if wanted.errcode is not None:
        statuses = tuple(status for status in _WITH_ERRCODE if wanted.status in (None, status))
    found = [
        position for status in statuses for position in _of(client, _indexes(wanted, status), number, after)
    ]
    return sorted(found, reverse=True)[:number]


def _indexes(wanted: Selection, status: Status | None) -> list[str]:
    named = [
        *([keys.by_appid(wanted.appid)] if wanted.appid is not None else ()),
        *([keys.by_wave(wanted.wave)] if wanted.wave is not None else ()),
        *([keys.by_status(status)] if status is not None else ()),
    ]
    return named or [keys.ALL]


def _of(client: redis.Redis, indexes: Sequence[str], number: int, after: Position | None) -> list[Position]:
    if len(indexes) > 1:
        both = _positions(client.zinter(indexes, aggregate="MIN", withscores=True))
        return sorted((one for one in both if after is None or one < after), reverse=True)[:number]
    (index,) = indexes
    if after is None:
        return _older(client, index, "+inf", number)
    # Many are created in the same instant: a wave.
    same = _positions(client.zrangebyscore(index, after.created, after.created, withscores=True))
    left = sorted((one for one in same if one < after), reverse=True)[:number]
    return [*left, *_older(client, index, f"({after.created!r}", number - len(left))]


def _older(client: redis.Redis, index: str, than: str, number: int) -> list[Position]:
    if number <= 0:
        return []
    options: dict[str, Any] = {"desc": True, "byscore": True, "offset": 0, "num": number, "withscores": True}
    bounds: Any = (than, "-inf")
    return _positions(client.zrange(index, *bounds, **options))


def _positions(scored: Any) -> list[Position]:
    return [Position(float(created), release_id) for release_id, created in scored]
