"""Which workers answer that are of an older version than this one, as far as the keys in Redis are concerned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import redis
from celery import Celery

from releases.store.schema import NEWEST
from worker.asking import ask_workers

#: kombu keeps here who listens for questions: one that was killed as well, one that ended not.
_LISTENERS = "_kombu.binding.celery.pidbox"


def schemas_in(answers: Mapping[str, Any]) -> dict[str, int]:
    """The schema in each worker's answer; one that answers without a number does not know the question, and is of 1."""
    return {name: _number(answer) for name, answer in answers.items()}


def old_workers(app: Celery, client: redis.Redis) -> list[str]:
    """The names of those of an older schema than ours."""
    if not client.exists(_LISTENERS):
        return []
    return sorted(name for name, schema in schemas_in(ask_workers(app, "schema")).items() if schema < NEWEST)


def _number(answer: Any) -> int:
    match answer:
        case {"schema": int(number)}:
            return number
    return 1
