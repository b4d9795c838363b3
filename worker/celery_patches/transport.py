"""kombu's Redis transport, for a queue into which anybody with the password can push anything.

kombu takes an item off the list and then reads it; one that is no message raises in the middle of the
worker's event loop and ends the worker. Here such an item is set aside, in a list of its own, with a log line; and
so is a message that the consumer can't run.

https://github.com/celery/celery/issues/7975, https://github.com/celery/kombu/issues/2421; goes when a worker survives such an
item and loses nothing (README.md, no-message, elsewhere, clients).
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from queue import Empty
from typing import Any

import redis
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

from releases.store.keys import SET_ASIDE
from tasks.redis_away import is_away
from worker.celery_patches import set_aside, unpacking
from worker.celery_patches.unacknowledged import OWED, QoS

log = logging.getLogger(__name__)

#: Seconds between two tries to tell Redis what is owed to it.
SETTLE_EVERY_S = 1.0
#: What reading an item raises when it is no message: no JSON, not the shape, not base64, nested too deeply, or
#: something in it that Redis takes for no value.
_NO_MESSAGE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    redis.DataError,
)


class _SetsAside:
    """Mixed into kombu's channels, whose methods it extends."""

    def _get_client(self) -> Any:
        base: Any = super()._get_client()  # type: ignore[misc]

        class Client(base):  # type: ignore[misc]
            last_popped: Any = None

            def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
                """Remember what was taken off the queue, until it has been read."""
                reply = super().parse_response(connection, command_name, **options)
                if command_name == "BRPOP":
                    self.last_popped = reply
                return reply

        return Client

    def _create_client(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - the signature is kombu's
        """One client for all commands of a pool: kombu makes one for each, which costs more than the command.

        Not reported; may go at any time for 0.3 ms of CPU a message.
        """
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        channel: Any = self
        shared = channel.__dict__.get("shared_client")
        if shared is None or shared.connection_pool is not channel.pool:
            shared = channel.shared_client = super()._create_client()  # type: ignore[misc]
        return shared

    def close(self) -> None:
        """Close it; what Redis can't be told any more, or for now, is owed."""
        channel: Any = self
        try:
            super().close()  # type: ignore[misc]
        except Exception as error:
            if not is_away(error):
                raise
        finally:
            # kombu comes to it last, and so not where something before it was refused.
            if channel._qos is not None:  # noqa: SLF001 - it is our own
                channel._qos.restore_unacked_once()  # noqa: SLF001 - as above

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc]
        except set_aside.NotOurs as error:
            self._set_aside(str(error))
        except _NO_MESSAGE as error:
            self._set_aside(f"no message: {type(error).__name__}")
        raise Empty

    def _set_aside(self, why: str) -> None:
        channel: Any = self
        item = channel.client.last_popped[1]
        log.error("%s (%d bytes): set aside in %s", why, len(item), SET_ASIDE)
        with channel.conn_or_acquire() as client:
            set_aside.put(client, item, why)
        with suppress(*_NO_MESSAGE):
            # One that got as far as Celery has been noted as unacknowledged, and would come again.
            channel.basic_ack(json.loads(item)["properties"]["delivery_tag"])


class Channel(_SetsAside, kombu_redis.Channel):
    """A channel that sets aside what is no message, and times the others by Redis' clock."""

    QoS = QoS


class SentinelChannel(_SetsAside, kombu_redis.SentinelChannel):
    """The same through Sentinel."""

    QoS = QoS


class _Delivers:
    """Mixed into kombu's transports."""

    def _deliver(self, message: Any, queue: str | None) -> None:
        """What comes from a queue says so and goes back to it, wherever the message itself says it belongs.

        Tasks that are taken from one queue only rely on it. https://github.com/celery/celery/issues/4091, closed without
        a change.
        """
        properties = message["properties"]
        said = properties.get("delivery_info", {})
        properties["delivery_info"] = {**said, "exchange": "", "routing_key": queue}
        super()._deliver(message, queue)  # type: ignore[misc]

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Tell Redis what is owed to it, from the event loop on."""
        super().register_with_event_loop(connection, loop)  # type: ignore[misc]
        loop.call_repeatedly(SETTLE_EVERY_S, self._settle)

    def _settle(self) -> None:
        transport: Any = self
        consuming = (channel for channel in transport.channels if channel.active_queues)
        channel = next(consuming, None)
        if OWED and channel is not None:
            channel.qos.settle()


class Transport(_Delivers, kombu_redis.Transport):
    """redis:// and rediss://."""

    Channel = Channel


class SentinelTransport(_Delivers, kombu_redis.SentinelTransport):
    """sentinel://."""

    Channel = SentinelChannel


def install() -> None:
    """Let the schemes of Redis' URLs mean these transports, in this process.

    Celery could be given a transport by name, but then its URLs no longer say `redis`, and Flower does not know
    the broker by them.
    """
    unpacking.install()
    TRANSPORT_ALIASES.update(
        redis="worker.celery_patches.transport:Transport",
        rediss="worker.celery_patches.transport:Transport",
        sentinel="worker.celery_patches.transport:SentinelTransport",
    )
