"""One Redis client for records and tokens, reached as the settings say."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection

from config.redis_options import HEALTH_CHECK_S, sentinel_options, socket_options
from config.settings import RedisSettings

_OPTIONS: dict[str, Any] = {
    "health_check_interval": HEALTH_CHECK_S,
    "decode_responses": True,
    # A command whose answer was lost may have been carried out, and ours must not be repeated blindly: the
    # caller hears of it, the message goes back to the queue, and the record says what was done.
    "retry": Retry(NoBackoff(), 0),
}


def connect(settings: RedisSettings, max_connections: int, **different: Any) -> redis.Redis:
    """Return a client that decodes responses; it connects when first used. `different` options are redis-py's."""
    options = {
        **_OPTIONS,
        **socket_options(settings),
        **settings.tls_options,
        "max_connections": max_connections,
        **different,
    }
    if settings.is_sentinel:
        return _through_sentinel(settings, options)
    return redis.Redis.from_url(settings.urls[0], **options)


class _Node(redis.Redis):
    """One Sentinel. When none names the master, redis-py lists their options, and not why they did not answer.

    Not reported; https://github.com/redis/redis-py/issues/1125 is how the reason came into the message at all.
    """

    def __init__(self, host: str, port: int, **options: Any) -> None:
        super().__init__(host, port, **options)
        self._address = f"{host}:{port}"

    def __repr__(self) -> str:
        return self._address

    def sentinel_masters(self, **options: Any) -> Any:
        try:
            return super().sentinel_masters(**options)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise _Unanswered(str(error)) from error


class _Unanswered(redis.ConnectionError):
    def __repr__(self) -> str:
        return str(self)


class _ToTheMaster(SentinelManagedConnection):
    """Leaves a server that is no master any more, so that the Sentinels are asked where the master is.

    redis-py does so where the answer begins with READONLY; a script's error has it in the middle
    (https://github.com/redis/redis-py/issues/3443). Goes when redis-py finds it there.
    """

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Read an answer."""
        try:
            return super().read_response(*args, **kwargs)
        except redis.ResponseError as error:
            if "READONLY" not in str(error):
                raise
            self.disconnect()  # type: ignore[no-untyped-call]
            raise redis.ConnectionError("the server is no master any more") from None


class _ToTheMasterByTls(_ToTheMaster, redis.SSLConnection):
    """The same, encrypted."""


def _through_sentinel(settings: RedisSettings, options: dict[str, Any]) -> redis.Redis:
    urls = [urlsplit(url) for url in settings.urls]
    sentinel = Sentinel([])  # type: ignore[no-untyped-call]
    sentinel.sentinels = [
        _Node(url.hostname or "127.0.0.1", url.port or 26379, **sentinel_options(settings)) for url in urls
    ]
    first = urls[0]
    master: redis.Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        settings.master_name,
        username=unquote(first.username) if first.username else None,
        password=unquote(first.password) if first.password else None,
        db=int(first.path.strip("/") or 0),
        connection_class=_ToTheMasterByTls if settings.is_tls else _ToTheMaster,
        **options,
    )
    return master


#: OpenSSL's words. redis-py keeps only the text of the error, and Sentinel's client a text of that.
_REJECTED = re.compile(r"certificate verify failed: (.+?)\.? \(_ssl")


def rejected_certificate(error: Exception) -> str | None:
    """Why Redis' certificate was not accepted and what to do; None if the error is another."""
    found = _REJECTED.search(str(error))
    if found is None:
        return None
    return (
        f"its certificate was not accepted: {found[1]}; name the CA that signed it in MPRELEASE_REDIS__CA_FILE, "
        "or renew it on the server"
    )
