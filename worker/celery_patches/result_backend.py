"""Celery's result store, for results that Redis refuses to take.

Celery tries a lost connection again, and takes a refusal for an error of its own, outside of the task: the message is
neither acknowledged nor given back. Here it goes back, as from the task itself; each of our tasks may be run again.
Not reported (README.md, result).
"""

from __future__ import annotations

from typing import Any

from celery.backends import redis as celery_redis

from tasks.redis_away import redis_needed

#: By the schemes of Redis' URLs, for `loader.override_backends`.
BACKENDS = {
    "redis": "worker.celery_patches.result_backend:Backend",
    "rediss": "worker.celery_patches.result_backend:Backend",
    "sentinel": "worker.celery_patches.result_backend:SentinelBackend",
}


class _GivesBack:
    """Mixed into Celery's backends."""

    def store_result(self, task_id: str, result: Any, state: str, **more: Any) -> Any:
        """Store a result; of a task that runs here, with its request, the message goes back where Redis is away."""
        store: Any = super().store_result  # type: ignore[misc]
        if more.get("request") is None:
            return store(task_id, result, state, **more)
        with redis_needed():
            return store(task_id, result, state, **more)


class Backend(_GivesBack, celery_redis.RedisBackend):  # type: ignore[misc]
    """redis:// and rediss://."""


class SentinelBackend(_GivesBack, celery_redis.SentinelBackend):  # type: ignore[misc]
    """sentinel://."""
