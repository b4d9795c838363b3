"""kombu's bookkeeping of the messages that were taken and not acknowledged, by Redis' clock.

kombu notes when a message was taken, and looks for those that are over the visibility timeout, both by the
machine's own clock. A worker an hour ahead would give back every message that others are working on, at each
look, and what it took itself would come again an hour late.

And kombu loses what Redis refuses to be told: a message that it took and could not note, the slot of one that it could
not acknowledge. Here that is owed, and told when Redis serves again.

Not reported for clocks (https://github.com/celery/kombu/issues/337 has the line of code); goes when kombu goes by Redis' time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps

from db.clock import RedisClock
from tasks.redis_away import is_away

#: What Redis could not be told of the messages in hand: how it is to be told, by their tags. Told twice, it changes nothing.
#: Of this process, whose connections come and go. Used by the thread of the consumer.
OWED: dict[str, Callable[[Any, str], object]] = {}


class QoS(kombu_redis.QoS):
    """Used by the thread of the consumer."""

    channel: Any
    _delivered: Any
    _dirty: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clock = RedisClock(self._ask)

    def append(self, message: Any, delivery_tag: str) -> None:
        """Note a message as taken now: as kombu does, but for the time."""
        delivery = message.delivery_info
        raw = dumps([message._raw, delivery["exchange"], delivery["routing_key"]])  # noqa: SLF001 - kombu's own way
        try:
            now = self.clock.time()
            with self.pipe_or_acquire() as pipe:
                pipe.zadd(self.unacked_index_key, {delivery_tag: now})
                pipe.hset(self.unacked_key, delivery_tag, raw)
                pipe.execute()
        except Exception as error:
            if is_away(error):
                OWED[delivery_tag] = lambda qos, _: qos.put_back(message._raw)  # noqa: SLF001 - as above
            raise
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message; its slot is free in any case."""
        self._tell(delivery_tag, _is_done)
        virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature is kombu's
        """Give a message back, or drop it."""
        self._tell(delivery_tag, _goes_back if requeue else _is_done)
        virtual.QoS.ack(self, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:  # noqa: ARG002 - the signature is kombu's
        """Give back all that is in hand: the channel is being closed, maybe because Redis is away."""
        OWED.update({tag: _is_next for tag in list(self._delivered) if tag not in self._dirty})
        self._delivered.clear()
        self.settle()

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        """Give back what others took and did not acknowledge in time; later, if Redis is away."""
        try:
            super().restore_visible(*args, **kwargs)
        except Exception as error:
            if not is_away(error):
                raise

    def settle(self) -> None:
        """Tell Redis what is owed, until it refuses."""
        for tag in list(OWED):
            if not self._could_tell(tag):
                return

    def put_back(self, raw: Any) -> None:
        """Put a message back that was taken, and could not be noted."""
        queue = raw["properties"]["delivery_info"]["routing_key"]
        with self.channel.conn_or_acquire() as client:
            priority = self.channel._get_message_priority(raw, reverse=False)  # noqa: SLF001 - as above
            client.rpush(self.channel._q_for_pri(queue, priority), dumps(raw))  # noqa: SLF001 - as above

    def _tell(self, tag: str, what: Callable[[Any, str], object]) -> None:
        OWED[tag] = what
        if not self.channel.closed:
            self._could_tell(tag)

    def _could_tell(self, tag: str) -> bool:
        tell = OWED.pop(tag)
        try:
            tell(self, tag)
        except Exception as error:
            if not is_away(error):
                raise
            OWED[tag] = tell
            return False
        return True

    @property
    def visibility_timeout(self) -> float:  # type: ignore[override]  # kombu only reckons with it
        """What kombu takes from the machine's time to know what is due: so much that it is Redis' time."""
        return float(self.channel.visibility_timeout) + time.time() - self.clock.time()

    def _ask(self) -> tuple[int, int]:
        with self.channel.conn_or_acquire() as client:
            told: tuple[int, int] = client.time()
            return told


def _is_done(qos: Any, tag: str) -> None:
    """It must not come again, even if it was to be given back."""
    qos._remove_from_indices(tag).execute()  # noqa: SLF001 - as above


def _goes_back(qos: Any, tag: str) -> None:
    """Behind all others: one that Redis always refuses must not be the next again."""
    qos.restore_by_tag(tag, leftmost=True)


def _is_next(qos: Any, tag: str) -> None:
    """Before all others: behind newer ones it would count as lost (find_lost.lua)."""
    qos.restore_by_tag(tag)
