"""What can't be read from Redis has to be asked for: which workers answer.

Asked for beside scrapes and screens, and never by them: they wait for nobody.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import redis
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

#: Seconds between two questions.
ASK_EVERY_S = 15.0
T = TypeVar("T")


class Asking(Generic[T]):
    """Asks the workers, in a thread of its own. `answer` is the newest one; None where there is none."""

    def __init__(self, question: Callable[[], T], *, every_s: float = ASK_EVERY_S) -> None:
        self._question = question
        self._every_s = every_s
        self.answer: T | None = None

    def start(self) -> None:
        """Begin to ask; ends with the process."""
        threading.Thread(target=self._keep_asking, name="asking", daemon=True).start()

    def ask(self) -> None:
        """Ask once."""
        try:
            self.answer = self._question()
        except Exception as error:
            # Without an answer the figure is gone: it must not stand still and look fresh.
            self.answer = None
            if isinstance(error, redis.RedisError | OperationalError | OSError):
                log.debug("Redis is away: %s", type(error).__name__)
            else:
                log.exception("asking failed")

    def _keep_asking(self) -> None:
        never = threading.Event()
        while True:
            self.ask()
            never.wait(self._every_s)
