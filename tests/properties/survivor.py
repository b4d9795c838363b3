"""A platform with one worker that has to outlive whatever it is sent."""

from __future__ import annotations

from contextlib import ExitStack

from releases.figures import UNACKNOWLEDGED
from releases.request import parse_request
from releases.states import Status
from tests.faults.world import QUEUE, app_on
from tests.support.workers import Platform, Worker, wait_for

#: A batch has been worked off, and a release been submitted, within so many seconds.
_PATIENCE_S = 20.0


class Survivor:
    """One worker at a time: one that did not survive is replaced, so that the next case starts anew."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.app = app_on(platform.server)
        self._stack = ExitStack()
        self._worker = self._start()

    def take(self, items: list[bytes]) -> str:
        """Put the items on the queue, and a good release behind them; returns what was wrong then, or nothing."""
        with self.platform.redis() as client:
            client.lpush(QUEUE, *items)
        request = parse_request(self.platform.request(self.platform.mini_program()))
        release_id = self.app.services.releases.enqueue(request).release.id
        try:
            wait_for(
                lambda: self._is_dead() or (self._is_submitted(release_id) and self._is_silent()), _PATIENCE_S
            )
        except AssertionError:
            trouble = f"after {_PATIENCE_S} s: {self._state(release_id)}"
        else:
            trouble = "the worker ended" if self._is_dead() else ""
        if trouble:
            trouble += "\n" + self._worker.text()[-4000:]
            self._replace()
        return trouble

    def close(self) -> None:
        """Stop the worker."""
        self._stack.close()

    def _start(self) -> Worker:
        return self._stack.enter_context(self.platform.worker("--concurrency", "4"))

    def _replace(self) -> None:
        self._worker.process.kill()
        self._stack.close()
        with self.platform.redis() as client:
            client.delete(QUEUE, UNACKNOWLEDGED, f"{UNACKNOWLEDGED}_index")
        self._worker = self._start()

    def _is_dead(self) -> bool:
        return self._worker.process.poll() is not None

    def _is_submitted(self, release_id: str) -> bool:
        return self.app.services.reader.get(release_id).status is Status.SUBMITTED

    def _is_silent(self) -> bool:
        with self.platform.redis() as client:
            return not client.llen(QUEUE) and not client.hlen(UNACKNOWLEDGED)

    def _state(self, release_id: str) -> str:
        release = self.app.services.reader.get(release_id)
        with self.platform.redis() as client:
            queued, taken = client.llen(QUEUE), client.hgetall(UNACKNOWLEDGED)
        return (
            f"the good release is {release.status}, {queued} messages are queued, taken and kept are {taken}"
        )
