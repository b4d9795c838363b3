"""Counts made anew from the records: a worker of an older version, beside newer ones, may have left wrong ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis

from db.database import Database
from releases.states import ACTIVE, Status
from releases.store import changes, keys
from releases.store.records import ReleaseStore

_REVISION = "revision"
#: How often a count is made that somebody changes meanwhile.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Recounted:
    """What was counted: the names of waves, `causes` for what is blocked and failed, `steps` for what monitors count besides."""

    right: tuple[str, ...]
    mended: tuple[str, ...]
    moving: tuple[str, ...]  # changed again and again meanwhile, and left as it was


def recount(db: Database, store: ReleaseStore) -> Recounted:
    """Hold all counts against the records, and write those anew that are wrong.

    Safe beside workers: a script that changes what is counted changes the count as well, and then nothing is written
    here, and it is counted once more. Reads every record.
    """
    found: dict[str, list[str]] = {"right": [], "mended": [], "moving": []}
    announce = db.script("releases.store", "shared", "announce_wave")
    for wave in store.waves():
        counts = keys.wave_counts(wave)
        outcome = _recounted(db.redis, counts, partial(_of_wave, store, wave))
        found[outcome].append(f"wave {wave}")
        if outcome == "mended":
            announce(keys=[keys.CHANGED, counts], args=[wave])
        published = keys.publication_counts(wave)
        outcome = _recounted(db.redis, published, partial(_of_publications, store, wave))
        if outcome != "right" or db.redis.exists(published):
            found[outcome].append(f"publications of wave {wave}")
        if outcome == "mended":
            announce(keys=[keys.CHANGED, counts], args=[wave])
    found[_recounted(db.redis, keys.STOPPED, partial(_causes, store))].append("causes")
    found[_recounted(db.redis, keys.STANDING, partial(_standing, store))].append("steps")
    return Recounted(**{name: tuple(names) for name, names in found.items()})


def _recounted(client: redis.Redis, key: str, count: Callable[[], dict[str, str]]) -> str:
    with client.pipeline() as untyped:
        pipe: Any = untyped
        for _ in range(_TRIES):
            pipe.watch(key)
            found, right = pipe.hgetall(key), count()
            # Of a wave's JSON, for the webhook: it only grows.
            revision = {name: found.pop(name) for name in (_REVISION,) if name in found}
            if found == right:
                return "right"
            pipe.multi()
            pipe.delete(key)
            if right or revision:
                pipe.hset(key, mapping={**right, **revision})
            try:
                pipe.execute()
            except redis.WatchError:
                continue
            return "mended"
    return "moving"


def _of_wave(store: ReleaseStore, wave: str) -> dict[str, str]:
    numbers: Counter[str] = Counter()
    for release in store.find(wave=wave):
        if not release.progress.left_wave:
            numbers.update(changes.counted(release))
    return {name: str(number) for name, number in numbers.items()}


def _of_publications(store: ReleaseStore, wave: str) -> dict[str, str]:
    ordered = (changes.published_as(release) for release in store.find(wave=wave))
    numbers = Counter(name for names in ordered for name in names)
    return {name: str(number) for name, number in numbers.items()}


def _standing(store: ReleaseStore) -> dict[str, str]:
    moving = (changes.standing(release) for status in ACTIVE for release in store.find(status=status))
    return {name: str(number) for name, number in Counter(filter(None, moving)).items()}


def _causes(store: ReleaseStore) -> dict[str, str]:
    stopped = (release for status in (Status.BLOCKED, Status.FAILED) for release in store.find(status=status))
    return {cause: str(number) for cause, number in Counter(release.cause for release in stopped).items()}
