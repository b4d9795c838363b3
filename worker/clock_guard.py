"""A worker whose clock is wrong takes no message, and says so."""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from celery import bootsteps

from db.clock import in_words, is_right

log = logging.getLogger(__name__)

#: Seconds between two looks at the clocks.
LOOK_EVERY_S = 2.0
#: While the clock is wrong, it is said again after so many seconds.
_SAY_AGAIN_S = 60.0


class ClockGuard(bootsteps.StartStopStep):
    """Consumes while the machine's clock agrees with Redis', from the first message of each connection on.

    What the worker holds already goes on: its steps, and countdowns of half a minute at the most, are timed by
    Redis' clock. A message that is on its way while consuming stops is put back by kombu.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None
        self._is_consuming = True
        self._was_wrong = False
        self._say_at = 0.0

    def start(self, c: Any) -> None:
        """Begin to look: after the event loop has begun to consume, and before it polls for the first time."""
        c.call_soon(self._begin, c)

    def stop(self, c: Any) -> None:  # noqa: ARG002 - the signature is Celery's
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, c: Any) -> None:
        self._stop_consuming(c)
        self._say_at = 0.0
        self._look(c)
        self._timer = c.timer.call_repeatedly(LOOK_EVERY_S, self._look, (c,))

    def _look(self, c: Any) -> None:
        try:
            ahead_s = c.task_consumer.channel.qos.clock.ahead_s()
        except redis.RedisError:
            return  # the consumer finds that out as well, and after it has connected again we begin anew
        if is_right(ahead_s):
            self._consume(c)
        else:
            self._stop_consuming(c)
            self._say(ahead_s)

    def _consume(self, c: Any) -> None:
        if not self._is_consuming:
            c.task_consumer.consume()
            self._is_consuming = True
        if self._was_wrong:
            log.warning("this machine's clock agrees with Redis' again: messages are taken")
            self._was_wrong = False

    def _stop_consuming(self, c: Any) -> None:
        # Each time: somebody may have told the worker to consume from a queue.
        c.task_consumer.cancel()
        self._is_consuming = False

    def _say(self, ahead_s: float) -> None:
        now = time.monotonic()
        if not self._was_wrong or now >= self._say_at:
            log.error("no message is taken: %s", in_words(ahead_s))
            self._say_at = now + _SAY_AGAIN_S
        self._was_wrong = True
