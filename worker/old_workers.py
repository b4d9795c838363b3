"""Which workers answer that are of an older version than this one, as far as the keys in Redis are concerned."""

from __future__ import annotations

import redis
from celery import Celery

from releases.store.schema import NEWEST
from worker.asking import ask_workers, schema_of

#: kombu keeps here who listens for questions: one that was killed as well, one that ended not.
_LISTENERS = "_kombu.binding.celery.pidbox"


def old_workers(app: Celery, client: redis.Redis) -> list[str]:
    """The names of those of an older schema than ours."""
    if not client.exists(_LISTENERS):
        return []
    return sorted(name for name, answer in ask_workers(app, "schema").items() if schema_of(answer) < NEWEST)
