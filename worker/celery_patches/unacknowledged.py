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
from dataclasses import dataclass, field
from typing import Any

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.json import dumps

from db.clock import RedisClock
from tasks.redis_away import is_away


@dataclass
class Owed:
    """What Redis could not be told of the messages in hand, by their tags: told twice, it changes nothing."""

    done: set[str] = field(default_factory=set)
    back: set[str] = field(default_factory=set)
    unnoted: dict[str, Any] = field(default_factory=dict)

    def finish(self, tag: str) -> None:
        """The message is done: it must not come again, even if it was to be given back."""
        self.back.discard(tag)
        self.done.add(tag)

    def __bool__(self) -> bool:
        return bool(self.done or self.back or self.unnoted)


#: Of this process, whose connections come and go. Used by the thread of the consumer.
OWED = Owed()


class QoS(kombu_redis.QoS):
    """Used by the thread of the consumer."""

    channel: Any
    _delivered: Any
    _dirty: Any
    _remove_from_indices: Any

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
                OWED.unnoted[delivery_tag] = message._raw  # noqa: SLF001 - as above
            raise
        virtual.QoS.append(self, message, delivery_tag)

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message; its slot is free in any case."""
        if self.channel.closed or not self._told(self._remove_from_indices, delivery_tag):
            OWED.finish(delivery_tag)
        virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - the signature is kombu's
        """Give a message back, or drop it."""
        if not requeue:
            self.ack(delivery_tag)
            return
        if self.channel.closed or not self._told(self.restore_by_tag, delivery_tag, leftmost=True):
            OWED.back.add(delivery_tag)
        virtual.QoS.ack(self, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:  # noqa: ARG002 - the signature is kombu's
        """Give back all that is in hand: the channel is being closed, maybe because Redis is away."""
        OWED.back.update(tag for tag in list(self._delivered) if tag not in self._dirty)
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
        for tags, tell in ((OWED.done, self._remove_from_indices), (OWED.back, self.restore_by_tag)):
            for tag in list(tags):
                if not self._told(tell, tag):
                    return
                tags.discard(tag)
        for tag, raw in list(OWED.unnoted.items()):
            if not self._told(self._put_back, raw):
                return
            OWED.unnoted.pop(tag)

    def _put_back(self, raw: Any) -> None:
        queue = raw["properties"]["delivery_info"]["routing_key"]
        with self.channel.conn_or_acquire() as client:
            priority = self.channel._get_message_priority(raw, reverse=False)  # noqa: SLF001 - as above
            client.rpush(self.channel._q_for_pri(queue, priority), dumps(raw))  # noqa: SLF001 - as above

    @staticmethod
    def _told(tell: Any, *args: Any, **kwargs: Any) -> bool:
        """Whether Redis could be told."""
        try:
            pipe = tell(*args, **kwargs)
            if pipe is not None:
                pipe.execute()
        except Exception as error:
            if not is_away(error):
                raise
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
