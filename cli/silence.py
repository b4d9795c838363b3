"""Notices that nothing happens, and asks then whether there is a worker at all."""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.context import celery_app

#: After so many seconds in which nothing happened the workers are asked, and again after as many.
ASK_AFTER_S = 10.0
#: Seconds in which workers answer.
_PING_S = 2.0
NOBODY = "No worker answers. Start one: mprelease worker"


def _some_worker_answers() -> bool:
    return bool(celery_app().control.ping(timeout=_PING_S))


class Silence:
    """Since when nothing has happened, as far as one can see. Used by one thread."""

    def __init__(
        self,
        answers: Callable[[], bool] = _some_worker_answers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answers = answers
        self._clock = clock
        self._seen: object = None
        self._since = self._asked_at = clock()
        self._nobody = False

    def notice(self, seen: object) -> None:
        """Something has happened if this is not equal to what was seen before."""
        if seen != self._seen:
            self._seen = seen
            self._since = self._asked_at = self._clock()
            self._nobody = False

    def seconds(self) -> float:
        """How long nothing has happened."""
        return self._clock() - self._since

    def nobody_answers(self) -> bool:
        """Whether no worker answers; asked now and then while nothing happens, which takes two seconds."""
        if self._clock() - self._asked_at >= ASK_AFTER_S:
            self._nobody = not self._answers()
            self._asked_at = self._clock()
        return self._nobody
