"""Wait while Redis is away: whoever follows releases or a wave goes on when it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import redis
from rich.markup import escape

from cli.printing import notes
from tasks.redis_away import REDIS_ERRORS, is_away, is_cluster, is_forbidden, why_away
from worker.redis_client import rejected_certificate

#: A release that waits longer than this is left to itself, since a quota's reset can be hours away; so is a Redis.
PATIENCE = timedelta(minutes=15)
#: Seconds between two tries.
_TRY_EVERY_S = 0.5
T = TypeVar("T")


class Patience:
    """Looks at Redis again and again until it answers. Used by one thread."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep

    def look(self, read: Callable[[], T]) -> T:
        """What `read` returns, which only reads; raises what Redis raised if it was away for as long as PATIENCE.

        Also raises at once what no waiting would mend, such as a wrong password.
        """
        since: float | None = None
        while True:
            try:
                found = read()
            except REDIS_ERRORS as error:
                now = self._clock()
                if not _may_pass(error) or now - (now if since is None else since) > PATIENCE.total_seconds():
                    raise
                if since is None:
                    notes.print(
                        escape(
                            f"Redis is away ({why_away(error)}); waiting for it. Nothing is lost: this only looks."
                        )
                    )
                    since = now
                self._sleep(_TRY_EVERY_S)
            else:
                if since is not None:
                    notes.print("Redis is back")
                return found


def _may_pass(error: Exception) -> bool:
    """Whether Redis may be back by itself."""
    if isinstance(error, redis.AuthenticationError) or is_forbidden(error) or is_cluster(error):
        return False
    return is_away(error) and rejected_certificate(error) is None
