"""The results of releases in Celery's result store: any Celery client can wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from celery import Celery, states

from releases.handles import Result


@dataclass
class StoredResults:
    """Celery's result backend, where a handle is the id of a chain's last task.

    `client` is that of the records. Behind Sentinel, Celery's own connection may lead to a master that has been replaced,
    which takes results for some seconds more and then loses them.
    """

    app: Celery
    client: redis.Redis

    @property
    def _backend(self) -> Any:
        return self.app.backend

    def forget(self, *handles: str) -> None:
        """Delete the stored results."""
        self._backend.client.delete(*map(self._backend.get_key_for_task, handles))
        for handle in handles:
            self._backend.result_consumer.cancel_for(handle)

    def store(self, found: Mapping[str, Result]) -> bool:
        """Store what the last tasks return, or failures as a task's would be; False if one of them is not where the records are.

        As `store_result` of the backend does it, which takes three calls for each: what has succeeded stays as it is.
        """
        backend = self._backend
        names = {handle: backend.get_key_for_task(handle) for handle in found}
        there = dict(zip(found, backend.client.mget(names.values()), strict=True))
        new = {
            names[handle]: backend.encode({**self._meta(outcome), "task_id": handle})
            for handle, outcome in found.items()
            if there[handle] is None or backend.decode(there[handle])["status"] != states.SUCCESS
        }
        backend.ensure(self._write, (new,))
        return self.client.exists(*names.values()) == len(names)

    def _meta(self, outcome: Result) -> dict[str, Any]:
        state = states.FAILURE if isinstance(outcome, Exception) else states.SUCCESS
        result = self._backend.encode_result(outcome, state)
        meta: dict[str, Any] = self._backend._get_result_meta(result, state, None, None)  # noqa: SLF001 - it has no other name
        return meta

    def _write(self, new: Mapping[str, Any]) -> None:
        with self._backend.client.pipeline() as pipe:
            for key, value in new.items():
                pipe.set(key, value, ex=self._backend.expires)
                pipe.publish(key, value)
            pipe.execute()
