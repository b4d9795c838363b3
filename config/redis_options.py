"""How Redis and its Sentinels are connected to: the same for broker, results, records and tokens."""

from __future__ import annotations

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings import RedisSettings

#: Must exceed the transport's blocking read of one second, and the wait for replicas (2 s).
_SOCKET_TIMEOUT_S = 30
#: Behind Sentinel a server that hangs is replaced, so nobody waits long for its answer.
_BESIDE_SENTINEL_TIMEOUT_S = 6
_CONNECT_TIMEOUT_S = 5
#: Finds a dead connection while idle, in seconds.
HEALTH_CHECK_S = 25
#: A Sentinel answers at once, or the next one is asked; in seconds.
_SENTINEL_TIMEOUT_S = 2


def socket_options(settings: RedisSettings) -> dict[str, Any]:
    """The options of a connection to a server, as redis-py calls them."""
    return {
        "socket_timeout": _BESIDE_SENTINEL_TIMEOUT_S if settings.is_sentinel else _SOCKET_TIMEOUT_S,
        "socket_connect_timeout": _CONNECT_TIMEOUT_S,
        "socket_keepalive": True,
    }


def sentinel_options(settings: RedisSettings) -> dict[str, Any]:
    """How a Sentinel is asked. Without these options kombu and Celery would wait for one that hangs for ever."""
    options: dict[str, Any] = {
        "socket_timeout": _SENTINEL_TIMEOUT_S,
        "socket_connect_timeout": _SENTINEL_TIMEOUT_S,
        # One that does not answer is not asked again: the next one knows as much.
        "retry": Retry(NoBackoff(), 0),
    }
    if settings.sentinel_password is not None:
        options["password"] = settings.sentinel_password.get_secret_value()
    return {**options, "ssl": True, **settings.tls_options} if settings.is_tls else options
