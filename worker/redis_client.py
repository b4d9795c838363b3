"""One Redis client for records and tokens, reached as the settings say."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from config.settings import RedisSettings

_TIMEOUTS: dict[str, Any] = {
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "decode_responses": True,
}


def connect(settings: RedisSettings) -> redis.Redis:
    """Return a client that decodes responses; it connects when first used."""
    if settings.master_name:
        return _through_sentinel(settings)
    options = dict(_TIMEOUTS)
    if settings.ca_file:
        options["ssl_ca_certs"] = settings.ca_file
    return redis.Redis.from_url(settings.url.get_secret_value(), retry=_retry(), **options)


def _retry() -> Retry:
    """A broken connection is made anew at once; a Redis that is away is said to be away."""
    return Retry(ExponentialBackoff(cap=0.5, base=0.05), 2)


def _through_sentinel(settings: RedisSettings) -> redis.Redis:
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
        retry=_retry(),
        **_TIMEOUTS,
    )
    return master
