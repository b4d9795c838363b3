"""What stands in Celery's result store, as a client of Celery reads it."""

from __future__ import annotations

import json
from typing import Any

import redis

_PREFIX = "celery-task-meta-"


class StoredResults:
    """What waiting for each handle raises, or returns; sorted by handle."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    @property
    def failed(self) -> list[tuple[str, tuple[Any, ...]]]:
        """The handles with the names of their errors and what these say."""
        return [
            (handle, (meta["result"]["exc_type"], *meta["result"]["exc_message"]))
            for handle, meta in self._found.items()
            if meta["status"] == "FAILURE"
        ]

    @property
    def succeeded(self) -> list[tuple[str, Any]]:
        """The handles with what they return."""
        return [
            (handle, meta["result"]) for handle, meta in self._found.items() if meta["status"] == "SUCCESS"
        ]

    @property
    def handles(self) -> list[str]:
        """All that have a result."""
        return list(self._found)

    def expire(self) -> None:
        """Results expire, records don't."""
        self._client.delete(*(_PREFIX + handle for handle in self._found))

    @property
    def _found(self) -> dict[str, dict[str, Any]]:
        keys = sorted(str(key) for key in self._client.scan_iter(f"{_PREFIX}*"))
        return {key.removeprefix(_PREFIX): json.loads(str(self._client.get(key))) for key in keys}
