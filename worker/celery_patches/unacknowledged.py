"""kombu's bookkeeping of the messages that were taken and not acknowledged, by Redis' clock.

kombu notes when a message was taken, and looks for those that are over the visibility timeout, both by the
machine's own clock. A worker an hour ahead would give back every message that others are working on, at each
look, and what it took itself would come again an hour late.

Not reported for clocks (https://github.com/celery/kombu/issues/337 has the line of code); goes when kombu goes by Redis' time.
"""

from __future__ import annotations

import time
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps

from db.clock import RedisClock


class QoS(kombu_redis.QoS):
    """Used by the thread of the consumer."""

    channel: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clock = RedisClock(self._ask)

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message as taken now: as kombu does, but for the time."""
        delivery = message.delivery_info
        raw = dumps([message._raw, delivery["exchange"], delivery["routing_key"]])  # noqa: SLF001 - kombu's own way
        now = self.clock.time()
        with self.pipe_or_acquire() as pipe:
            pipe.zadd(self.unacked_index_key, {delivery_tag: now})
            pipe.hset(self.unacked_key, delivery_tag, raw)
            pipe.execute()
        virtual.QoS.append(self, message, delivery_tag)

    @property
    def visibility_timeout(self) -> float:  # type: ignore[override]  # kombu only reckons with it
        """What kombu takes from the machine's time to know what is due: so much that it is Redis' time."""
        return float(self.channel.visibility_timeout) + time.time() - self.clock.time()

    def _ask(self) -> tuple[int, int]:
        with self.channel.conn_or_acquire() as client:
            told: tuple[int, int] = client.time()
            return told
