"""One Redis client for records and tokens, reached as the settings say."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from config.settings import RedisSettings

_OPTIONS: dict[str, Any] = {
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "decode_responses": True,
    # A command whose answer was lost may have been carried out, and ours must not be repeated blindly: the
    # caller hears of it, the message goes back to the queue, and the record says what was done.
    "retry": Retry(NoBackoff(), 0),
}


def connect(settings: RedisSettings, max_connections: int, **different: Any) -> redis.Redis:
    """Return a client that decodes responses; it connects when first used. `different` options are redis-py's."""
    options = {**_OPTIONS, "max_connections": max_connections, **different}
    if settings.is_sentinel:
        return _through_sentinel(settings, options)
    url = settings.url.get_secret_value()
    if settings.ca_file and url.startswith("rediss://"):
        options["ssl_ca_certs"] = settings.ca_file
    return redis.Redis.from_url(url, **options)


def _through_sentinel(settings: RedisSettings, options: dict[str, Any]) -> redis.Redis:
    urls = [urlsplit(url) for url in settings.urls]
    sentinel_options: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 5}
    if settings.sentinel_password is not None:
        sentinel_options["password"] = settings.sentinel_password.get_secret_value()
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [(url.hostname or "127.0.0.1", url.port or 26379) for url in urls], sentinel_kwargs=sentinel_options
    )
    first = urls[0]
    master: redis.Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        settings.master_name,
        username=unquote(first.username) if first.username else None,
        password=unquote(first.password) if first.password else None,
        db=int(first.path.strip("/") or 0),
        **options,
    )
    return master
